-- Settles finished messages, then reserves others.
--   KEYS     those of the queue
--   ARGV[2]  how many to reserve, 0 for none       ARGV[3]  id of the lease      ARGV[4]  its duration
--   ARGV[5]  '1' to reserve a suspect, else '0'    ARGV[6]  worker limit, 0 for none
--   ARGV[7]  time between two permits of the rate limit, 0 for none              ARGV[8]  its burst
--   ARGV[9]  retention of dead letters             ARGV[10] how many are kept
--   then settlements, one after the other:
--     'C', lease, n, n ids                                    complete
--     'N', lease, id, name                                    complete, and free the name
--     'R', lease, id, name, delay, attempts, crashes          again after a delay; attempts as they are stored
--     'L', lease, id, name, delay, crashes                    given back
--     'D', lease, id, name, death                             dead; the death as it is stored
--   where a name is given only when it lasts until the message ends.
-- Returns { now, time until something happens by itself or -1, 1 paused + 2 suspects wait + 4 more is ready,
--   { numbers of the settlements that were refused, from 0 }, { ids }, { records }, { attempts, may be empty } }
local max, lease, duration = tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local wantsSuspect = ARGV[5] == '1'
local workerLimit, interval, burst = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local source = wantsSuspect and kSuspects or kReady

local readyBefore = call('LLEN', kReady)
local suspectsBefore = call('LLEN', kSuspects)
local wasFull = workerLimit > 0 and inFlight() >= workerLimit

-- 1. Settle. Whether the lease holds the message is the fence.
local refused, number = {}, 0
local touched = {}
local releasedReady, releasedSuspects = {}, {}
local argument = 11
local hasAttempts, hasCancelled = exists(kAttempts), exists(kCancelled)

local function letGo(fromLease, id)
  number = number + 1
  if call('SREM', leasePrefix .. fromLease, id) == 1 then
    touched[fromLease] = true
    return true
  end
  refused[#refused + 1] = number - 1
  return false
end

local function finish(id, name)
  call('HDEL', kRecords, id)
  if hasAttempts then call('HDEL', kAttempts, id) end
  if hasCancelled then call('SREM', kCancelled, id) end
  if name ~= '' then freeName(name, id) end
end

local function isCancelled(id)
  return hasCancelled and call('SISMEMBER', kCancelled, id) == 1
end

local function complete(fromLease, first, last)
  local held = leasePrefix .. fromLease
  local ids = { unpack(ARGV, first, last) }
  local count = last - first + 1
  local isHeld = call('SMISMEMBER', held, unpack(ids))
  local seen, kept = {}, {}
  for i = 1, count do
    if isHeld[i] == 1 and not seen[ids[i]] then
      seen[ids[i]] = true
      kept[#kept + 1] = ids[i]
    else
      refused[#refused + 1] = number + i - 1
    end
  end
  number = number + count
  if #kept == 0 then return end
  touched[fromLease] = true
  call('SREM', held, unpack(kept))
  call('HDEL', kRecords, unpack(kept))
  if hasAttempts then call('HDEL', kAttempts, unpack(kept)) end
  if hasCancelled then call('SREM', kCancelled, unpack(kept)) end
end

while argument <= #ARGV do
  local kind, fromLease = ARGV[argument], ARGV[argument + 1]
  if kind == 'C' then
    local count = tonumber(ARGV[argument + 2])
    complete(fromLease, argument + 3, argument + 2 + count)
    argument = argument + 3 + count
  else
    local id, name = ARGV[argument + 2], ARGV[argument + 3]
    if kind == 'N' then
      if letGo(fromLease, id) then finish(id, name) end
      argument = argument + 4
    elseif kind == 'R' then
      if letGo(fromLease, id) then
        if isCancelled(id) then
          finish(id, name)
        else
          call('HSET', kAttempts, id, ARGV[argument + 5])
          hasAttempts = true
          place(id, now + tonumber(ARGV[argument + 4]), tonumber(ARGV[argument + 6]))
        end
      end
      argument = argument + 7
    elseif kind == 'L' then
      if letGo(fromLease, id) then
        local delay, crashes = tonumber(ARGV[argument + 4]), tonumber(ARGV[argument + 5])
        if isCancelled(id) then
          finish(id, name)
        elseif delay > 0 then
          place(id, now + delay, crashes)
        else
          local target = crashes >= 2 and releasedSuspects or releasedReady
          target[#target + 1] = id
        end
      end
      argument = argument + 6
    else
      if letGo(fromLease, id) then
        local death, record = ARGV[argument + 4], call('HGET', kRecords, id)
        if record then
          call('ZADD', kDead, now, id)
          call('HSET', kDeadRecords, id, struct.pack('>I4', #death) .. death .. record)
        end
        finish(id, name)
        trimDead(tonumber(ARGV[9]), tonumber(ARGV[10]))
      end
      argument = argument + 5
    end
  end
end

pushFront(kReady, releasedReady)
pushFront(kSuspects, releasedSuspects)
for fromLease in pairs(touched) do
  if not exists(leasePrefix .. fromLease) then call('ZREM', kLeases, fromLease) end
end

-- 2. What time has brought.
reap()
promote()

-- 3. Reserve.
local paused = call('HEXISTS', kState, 'paused') == 1
local ids, records, attempts = {}, {}, {}
local nextPermit = -1

-- How many permits there are: the generic cell rate algorithm, counted from now on so that it stays exact.
local function permits(wanted)
  local arrival = tonumber(call('GET', kRate) or '0')
  local backlog = math.max(0, arrival - now)
  local available = math.floor((interval * burst - backlog) / interval + 0.5 / interval)
  if available < 1 then
    nextPermit = math.ceil(backlog + interval - interval * burst)
    return 0
  end
  local count = math.min(wanted, available)
  local later = now + backlog + interval * count
  writeFirst()
  call('SET', kRate, string.format('%.17g', later), 'PX', text(math.ceil((later - now) / 1000) + 1000))
  return count
end

local function reserve()
  local held = leasePrefix .. lease
  if exists(held) then
    -- The reply of the first call was lost: what the lease still holds.
    ids = call('SMEMBERS', held)
    table.sort(ids)
    return
  end
  local count = math.min(wantsSuspect and 1 or max, call('LLEN', source))
  if workerLimit > 0 then count = math.min(count, workerLimit - inFlight()) end
  if paused or count <= 0 then return end
  if interval > 0 then
    count = permits(count)
    if count == 0 then return end
  end
  ids = call('LPOP', source, count)
  call('SADD', held, unpack(ids))
  call('ZADD', kLeases, now + duration, lease)
end

if max > 0 then
  reserve()
  if #ids > 0 then
    records = call('HMGET', kRecords, unpack(ids))
    -- An id without a record, or that is none, is no message: it goes, so that it does not come back for ever.
    for i = 1, #ids do
      if not records[i] or #ids[i] ~= 16 then
        call('SREM', leasePrefix .. lease, ids[i])
        call('HDEL', kRecords, ids[i])
        records[i] = false
        if not exists(leasePrefix .. lease) then call('ZREM', kLeases, lease) end
      end
    end
    if exists(kAttempts) then attempts = call('HMGET', kAttempts, unpack(ids)) end
  end
end

-- 4. Who else should look.
local readyAfter, suspectsAfter = call('LLEN', kReady), call('LLEN', kSuspects)
if suspectsAfter > 0 and suspectsBefore == 0 then
  wakeAll()
elseif readyAfter + suspectsAfter > 0 and not paused then
  if readyAfter > 0 and readyBefore == 0 then
    wakeOne()
  elseif wasFull and inFlight() < workerLimit then
    wakeAll()
  end
end

local untilNext = -1
if max > 0 and #ids == 0 then
  local function consider(wait)
    wait = math.max(0, wait)
    if untilNext < 0 or wait < untilNext then untilNext = wait end
  end
  local due = call('ZRANGE', kDelayed, 0, 0, 'WITHSCORES')[2]
  if due then consider(tonumber(due) - now) end
  local ends = call('ZRANGE', kLeases, 0, 0, 'WITHSCORES')[2]
  if ends then consider(tonumber(ends) - now) end
  if nextPermit >= 0 then consider(nextPermit) end
end

local flags = (paused and 1 or 0) + (suspectsAfter > 0 and 2 or 0) + (readyAfter > 0 and 4 or 0)
return { now, untilNext, flags, refused, ids, records, attempts }
