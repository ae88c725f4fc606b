-- What operators do to one message or to the queue.
--   ARGV[2]  'cancel', 'reschedule', 'pause', 'resume' or 'purge'
--   ARGV[3]  for the first two: the id   ARGV[4]  for 'reschedule': the due time
-- Returns 1 when it was done, 0 when there was no such message; a purge 0 while it must be called again.
local what, id = ARGV[2], ARGV[3]

if what == 'pause' then
  if call('SETNX', root .. 'h', '1') == 1 then wake('a') end
  return 1
elseif what == 'resume' then
  if call('DEL', root .. 'h') == 1 then wake('a') end
  return 1
elseif what == 'purge' then
  -- Many leases go lease by lease before the rest, so that a call stays short and the fence holds in between.
  if call('ZCARD', kLeases) > PASS then
    local leases, removed = call('ZRANGE', kLeases, 0, 149), 0
    for i = 1, #leases do
      local ids = idsIn(call('GET', leasePrefix .. leases[i]))
      for j = 1, #ids do forget(ids[j]) end
      call('UNLINK', leasePrefix .. leases[i])
      call('ZREM', kLeases, leases[i])
      removed = removed + #ids
      if removed >= 150 then break end
    end
    return 0
  end

  local leases = call('ZRANGE', kLeases, 0, -1)
  for i = 1, #leases do call('UNLINK', leasePrefix .. leases[i]) end
  call('UNLINK', kRecords, kReady, kSuspects, kDelayed, kLeases, kAttempts, kCancelled, kStale, kUnique)
  return 1
end

tend()
local record = call('HGET', kRecords, id)
if not record then return 0 end
local _, crashes = attemptsOf(id)

if what == 'cancel' then
  if call('ZREM', kDelayed, id) == 1 then
    forget(id, record)
  elseif isInFlight(id) then
    call('SADD', kCancelled, id)
  else
    takeOut(id, crashes)
    forget(id, record)
  end
  return 1
end

if not call('ZSCORE', kDelayed, id) and isInFlight(id) then return 0 end
move(id, tonumber(ARGV[4]), crashes)
wakeFilled()
return 1
