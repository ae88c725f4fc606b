-- What operators do.
--   ARGV[2]  'cancel', 'pause', 'resume' or 'purge'   ARGV[3]  for 'cancel': the id
-- Returns 1, or 0 for 'cancel' when it was cancelled before or is a dead letter, and for 'purge' when there is more.
local what, id = ARGV[2], ARGV[3]
if what == 'pause' then
  call('SETNX', root .. 'h', '1')
elseif what == 'resume' then
  call('DEL', root .. 'h')
elseif what == 'purge' then
  -- Names that last until their message ends are free with the next number.
  call('INCR', root .. 'n')
  call('UNLINK', kFlights, kCancelled, kStopping)
  local leases = call('ZRANGE', kEnds, 0, 299)
  for i = 1, #leases do
    call('UNLINK', root .. 't:' .. leases[i])
    call('ZREM', kEnds, leases[i])
  end
  if #leases == 300 then return 0 end
else
  reap()
  local old = call('ZRANGEBYSCORE', kCancelled, '-inf', now, 'LIMIT', 0, 100)
  if #old > 0 then call('ZREM', kCancelled, unpack(old)) end
  if call('ZSCORE', root .. 'x', id) or isCancelled(id) then return 0 end
  -- For a year.
  call('ZADD', kCancelled, now + 31536000000000, id)
  if call('HGET', kFlights, id) then call('ZADD', kStopping, now, id) else freeName(id) end
end
return 1
