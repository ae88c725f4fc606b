-- Keeps a dead letter. It stands after shared.lua and coordinate.lua.
--   ARGV[2]  retention   ARGV[3]  how many are kept   ARGV[4]  the lease   ARGV[5]  the id
--   ARGV[6]  the death as it is stored   ARGV[7]  the record
-- Returns 1, or 0 when the lease does not hold the message any more.
-- The lease stands behind the death, where readers of deaths don't look: leaseOfLetter finds it there.
reap()
if call('HGET', kFlights, ARGV[5]) ~= ARGV[4] or tonumber(call('ZSCORE', kEnds, ARGV[4]) or '0') <= now then return 0 end
local diedAt, earlier = now, call('HGET', kDeaths, ARGV[5])
if earlier then
  -- The reply to the first call was lost.
  if leaseOfLetter(earlier) == ARGV[4] then return 1 end
  -- Its time tells one from the other: see dead.lua.
  diedAt = math.max(now, tonumber(call('ZSCORE', kDead, ARGV[5]) or '0') + 1)
end
call('ZADD', kDead, diedAt, ARGV[5])
call('HSET', kDeadRecords, ARGV[5], ARGV[7])
call('HSET', kDeaths, ARGV[5], ARGV[6] .. ARGV[4])
trimDead(tonumber(ARGV[2]), tonumber(ARGV[3]))
return 1
