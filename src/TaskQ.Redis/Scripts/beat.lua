-- Extends leases.
--   KEYS  those of the queue
--   ARGV  from 2: per lease its id and duration
-- Returns { leases that are gone, ids in the other leases that an operator cancelled }
writeFirst()
local gone, cancelled = {}, {}
local hasCancelled = exists(kCancelled)
for i = 2, #ARGV, 2 do
  local lease = ARGV[i]
  if call('ZSCORE', kLeases, lease) then
    call('ZADD', kLeases, 'XX', now + tonumber(ARGV[i + 1]), lease)
    if hasCancelled then
      local ids = call('SINTER', leasePrefix .. lease, kCancelled)
      for j = 1, #ids do cancelled[#cancelled + 1] = ids[j] end
    end
  else
    gone[#gone + 1] = lease
  end
end
return { gone, cancelled }
