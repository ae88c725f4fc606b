-- Counts messages by state.
--   ARGV[2]  retention of dead letters   ARGV[3]  how many are kept
-- Returns { ready, delayed, in flight, dead }
reap()
promote()
trimDead(tonumber(ARGV[2]), tonumber(ARGV[3]))
local waiting = readyCount()
wakeFilled()

-- What one pass has left counts as what it is by now.
local due = call('ZCOUNT', kDelayed, '-inf', now)
local expired = 0
local leases = call('ZRANGEBYSCORE', kLeases, '-inf', now)
for i = 1, #leases do
  local value = call('GET', leasePrefix .. leases[i]) or ''
  expired = expired + select(2, string.gsub(sub(value, 1, #value / 17), '1', ''))
end
return { waiting + due + expired, call('ZCARD', kDelayed) - due, inFlight() - expired, call('ZCARD', kDead) }
