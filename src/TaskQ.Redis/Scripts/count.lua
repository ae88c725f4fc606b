-- Counts messages by state.
--   ARGV[2]  retention of dead letters   ARGV[3]  how many are kept
-- Returns { ready, delayed, in flight, dead }, or nothing while there are more leases that ran out than one pass takes.
tend()
local retention, max = tonumber(ARGV[2]), tonumber(ARGV[3])
trimDead(retention, max)
if call('ZCOUNT', kLeases, '-inf', now) > 0 then return {} end

-- What is due and still delayed counts as ready.
local due = call('ZCOUNT', kDelayed, '-inf', now)
return {
  readyCount() + due,
  call('ZCARD', kDelayed) - due,
  inFlight(),
  call('ZCARD', kDead) - firstDead(retention, max),
}
