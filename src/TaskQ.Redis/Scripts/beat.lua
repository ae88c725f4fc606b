-- Extends leases.
--   ARGV  from 2: per lease its id and duration
-- Returns { leases that are gone, ids in the other leases that an operator cancelled }
-- It begins with a write that frees nothing and takes nothing: a server that is out of memory refuses a script at its
-- first write that may need memory, and beats must go on then.
call('ZREM', kLeases, '')
local gone, cancelled = {}, {}
local hasCancelled = call('EXISTS', kCancelled) == 1
for i = 2, #ARGV, 2 do
  local lease = ARGV[i]
  if call('ZSCORE', kLeases, lease) then
    call('ZADD', kLeases, 'XX', now + tonumber(ARGV[i + 1]), lease)
    if hasCancelled then
      local ids = idsIn(call('GET', leasePrefix .. lease))
      local isCancelled = #ids > 0 and call('SMISMEMBER', kCancelled, unpack(ids))
      for j = 1, #ids do
        if isCancelled[j] == 1 then cancelled[#cancelled + 1] = ids[j] end
      end
    end
  else
    gone[#gone + 1] = lease
  end
end
return { gone, cancelled }
