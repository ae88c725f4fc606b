-- Extends leases.
--   ARGV[2]  leases, 24 bytes each: id, and duration as a double
-- Returns the ids under them that are cancelled, 16 bytes each.
local beating, cancelled = {}, {}
for at = 1, #ARGV[2], 24 do
  local lease, duration = sub(ARGV[2], at, at + 15), struct.unpack('>d', ARGV[2], at + 16)
  if call('ZSCORE', kEnds, lease) then
    call('ZADD', kEnds, 'XX', now + duration, lease)
    beating[lease] = true
  end
end

-- The latest ones: whoever holds the others has been told.
local ids = call('ZRANGE', kStopping, -500, -1)
for i = 1, #ids do
  local lease = call('HGET', kFlights, ids[i])
  if beating[lease or ''] then cancelled[#cancelled + 1] = ids[i] end
end
return table.concat(cancelled)
