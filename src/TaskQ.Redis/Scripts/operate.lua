-- What operators do to one message or to the queue.
--   KEYS     those of the queue
--   ARGV[2]  'cancel', 'reschedule', 'pause', 'resume' or 'purge'
--   ARGV[3]  for the first two: the id   ARGV[4]  for 'reschedule': the due time
-- Returns 1 when it was done, 0 when there was no such message; a purge 0 while it must be called again.
local what, id = ARGV[2], ARGV[3]

if what == 'pause' then
  if call('HSETNX', kState, 'paused', 1) == 1 then wakeAll() end
  return 1
elseif what == 'resume' then
  if call('HDEL', kState, 'paused') == 1 then wakeAll() end
  return 1
elseif what == 'purge' then
  -- Many leases go lease by lease before the rest, so that a call stays short and the fence holds in between.
  if call('ZCARD', kLeases) > PASS then
    local leases, removed = call('ZRANGE', kLeases, 0, 149), 0
    for i = 1, #leases do
      local ids = call('SMEMBERS', leasePrefix .. leases[i])
      for j = 1, #ids do forget(ids[j]) end
      call('UNLINK', leasePrefix .. leases[i])
      call('ZREM', kLeases, leases[i])
      removed = removed + #ids
      if removed >= 150 then break end
    end
    return 0
  end

  -- Names that last until their message ends are free with the next number.
  call('HINCRBY', kState, 'purges', 1)
  local leases = call('ZRANGE', kLeases, 0, -1)
  for i = 1, #leases do call('UNLINK', leasePrefix .. leases[i]) end
  call('UNLINK', kRecords, kReady, kSuspects, kDelayed, kLeases, kAttempts, kCancelled)
  return 1
end

tend()
local record = call('HGET', kRecords, id)
if not record then return 0 end
local _, crashes = attemptsOf(id)

-- Takes a message that waits out of its list.
local function takeOut()
  call('LREM', crashes >= 2 and kSuspects or kReady, 1, id)
end

if what == 'cancel' then
  if call('ZREM', kDelayed, id) == 1 then
    forget(id, record)
  elseif isInFlight(id) then
    call('SADD', kCancelled, id)
  else
    takeOut()
    forget(id, record)
  end
  return 1
end

local due = tonumber(ARGV[4])
if call('ZREM', kDelayed, id) == 1 then
  place(id, due, crashes)
  wakeForNew()
  return 1
elseif isInFlight(id) then
  return 0
end
if due > now then
  takeOut()
  place(id, due, crashes)
end
return 1
