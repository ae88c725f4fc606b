-- Counts messages by state.
--   KEYS     those of the queue
--   ARGV[2]  retention of dead letters   ARGV[3]  how many are kept
-- Returns { ready, delayed, in flight, dead }
local before = call('LLEN', kReady) + call('LLEN', kSuspects)
reap()
promote()
trimDead(tonumber(ARGV[2]), tonumber(ARGV[3]))
local waiting = call('LLEN', kReady) + call('LLEN', kSuspects)
if before == 0 and waiting > 0 then wakeAll() end

-- What one pass has left counts as what it is by now.
local due = call('ZCOUNT', kDelayed, '-inf', now)
local expired = 0
local leases = call('ZRANGEBYSCORE', kLeases, '-inf', now)
for i = 1, #leases do expired = expired + call('SCARD', leasePrefix .. leases[i]) end
return { waiting + due + expired, call('ZCARD', kDelayed) - due, inFlight() - expired, call('ZCARD', kDead) }
