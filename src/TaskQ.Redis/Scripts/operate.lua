-- What operators do to one message or to the queue.
--   ARGV[2]  'cancel', 'reschedule', 'pause', 'resume' or 'purge'
--   ARGV[3]  for the first two: the id   ARGV[4]  for 'reschedule': the due time   ARGV[5]  where to look on, empty at first
-- Returns 1 when it was done, 0 when there was no such message, or where to look on when there is more to look through; a purge 0
-- while it must be called again.
local what, id, from = ARGV[2], ARGV[3], ARGV[5]

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
      if #ids > 0 then call('SREM', kNamed, unpack(ids)) end
      call('UNLINK', leasePrefix .. leases[i])
      call('ZREM', kLeases, leases[i])
      removed = removed + #ids
      if removed >= 150 then break end
    end
    return 0
  end

  local leases = call('ZRANGE', kLeases, 0, -1)
  for i = 1, #leases do call('UNLINK', leasePrefix .. leases[i]) end
  call('UNLINK', kRecords, kReady, kSuspects, kDelayed, kLeases, kAttempts, kCancelled, kStale, kUnique, kNamed, root .. 'z')
  return 1
end

if from == '' then tend() end
if call('HEXISTS', kRecords, id) == 0 then return 0 end
local isHeld, further = false, nil
if not call('ZSCORE', kDelayed, id) then isHeld, further = isInFlight(id, from) end
if further then return further end
local _, crashes = attemptsOf(id)

if what == 'cancel' then
  if isHeld then
    call('SADD', kCancelled, id)
  else
    if call('ZREM', kDelayed, id) == 0 then takeOut(id, crashes) end
    forget(id)
  end
  return 1
end

if isHeld then return 0 end
move(id, tonumber(ARGV[4]), crashes)
wakeFilled()
return 1
