-- Extends leases.
--   ARGV[2]  leases, 24 bytes each: id, and duration as a double
-- Returns the ids under them that are cancelled, 16 bytes each.
local hasCancelled, cancelled = call('EXISTS', kCancelled) == 1, {}
for at = 1, #ARGV[2], 24 do
  local lease, duration = sub(ARGV[2], at, at + 15), struct.unpack('>d', ARGV[2], at + 16)
  if call('ZSCORE', kEnds, lease) then
    call('ZADD', kEnds, 'XX', now + duration, lease)
    local ids = hasCancelled and idsOf(lease) or {}
    for i = 1, #ids do
      if call('HGET', kFlights, ids[i]) == lease and isCancelled(ids[i]) then cancelled[#cancelled + 1] = ids[i] end
    end
  end
end
return table.concat(cancelled)
