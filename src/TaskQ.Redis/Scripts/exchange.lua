-- Settles finished messages, then reserves others.
--   ARGV[2]  how many to reserve, 0 for none       ARGV[3]  id of the lease      ARGV[4]  its duration
--   ARGV[5]  '1' to reserve a suspect, else '0'    ARGV[6]  worker limit, 0 for none
--   ARGV[7]  time between two permits of the rate limit, 0 for none              ARGV[8]  its burst
--   ARGV[9]  retention of dead letters             ARGV[10] how many are kept
--   ARGV[11] '1' to look first for what time has brought; else only when too little is ready
--   then settlements, one after the other:
--     'C', lease, indexes                                 complete; 2 bytes for each message of the lease
--     'N', lease, index, name                             complete, and free the name
--     'R', lease, index, name, delay, attempts, crashes   again after a delay; attempts as they are stored
--     'L', lease, index, name, delay, crashes             given back
--     'D', lease, index, name, death                      dead; the death as it is stored
--   where a name is given only when it lasts until the message ends.
-- Returns { now, time until something happens by itself or -1, 1 paused + 2 suspects wait + 4 more may be ready,
--   { numbers of the settlements that were refused, from 0 }, value of the lease, { records }, { attempts, may be empty } }
local max, lease, duration = tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local wantsSuspect = ARGV[5] == '1'
local workerLimit, interval, burst = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])

-- Most calls meet none of these, and learn it at once.
local hasAttempts, hasCancelled, isPaused, isRepeated = false, false, false, false
local isSpecial = call('EXISTS', kAttempts, kCancelled, kSuspects, kPaused, leasePrefix .. lease) > 0
if isSpecial then
  hasAttempts, hasCancelled = call('EXISTS', kAttempts) == 1, call('EXISTS', kCancelled) == 1
  isPaused, isRepeated = call('EXISTS', kPaused) == 1, call('EXISTS', leasePrefix .. lease) == 1
end

local wasFull = workerLimit > 0 and inFlight() >= workerLimit

-- 1. Settle. Whether the lease still holds the message is the fence.
local refused, number = {}, 0

if #ARGV > 11 then
  local leases, freed = {}, { [kReady] = {}, [kSuspects] = {} }

  local function open(id)
    local known = leases[id]
    if not known then
      local value = call('GET', leasePrefix .. id) or ''
      known = { value = value, marks = sub(value, 1, #value / 17) }
      leases[id] = known
    end
    return known
  end

  local function holds(from, index)
    number = number + 1
    if byte(from.marks, index + 1) == 49 then return true end
    refused[#refused + 1] = number - 1
    return false
  end

  local function clear(from, first, last)
    from.marks = sub(from.marks, 1, first) .. string.rep('0', last - first + 1) .. sub(from.marks, last + 2)
  end

  local function finish(ids)
    call('HDEL', kRecords, unpack(ids))
    if hasAttempts then call('HDEL', kAttempts, unpack(ids)) end
    if hasCancelled then call('SREM', kCancelled, unpack(ids)) end
  end

  local argument = 12
  while argument <= #ARGV do
    local kind, from = ARGV[argument], open(ARGV[argument + 1])
    if kind == 'C' then
      local indexes, ids, first, last = ARGV[argument + 2], {}, nil, nil
      for at = 1, #indexes, 2 do
        local high, low = byte(indexes, at, at + 1)
        local index = 256 * high + low
        if first and index ~= last + 1 then
          clear(from, first, last)
          first = nil
        end
        if holds(from, index) then
          ids[#ids + 1] = idIn(from.value, index)
          first, last = first or index, index
        end
      end
      if first then clear(from, first, last) end
      if #ids > 0 then finish(ids) end
      argument = argument + 3
    else
      local index, name, id = tonumber(ARGV[argument + 2]), ARGV[argument + 3], nil
      if holds(from, index) then
        clear(from, index, index)
        id = idIn(from.value, index)
      end
      local ends = kind == 'N' or (hasCancelled and kind ~= 'D' and id and call('SISMEMBER', kCancelled, id) == 1)
      if id and ends then
        finish({ id })
        if name ~= '' then freeName(name, id) end
      elseif id and kind == 'R' then
        call('HSET', kAttempts, id, ARGV[argument + 5])
        hasAttempts = true
        place(id, now + tonumber(ARGV[argument + 4]), tonumber(ARGV[argument + 6]))
      elseif id and kind == 'L' then
        local delay, crashes = tonumber(ARGV[argument + 4]), tonumber(ARGV[argument + 5])
        if delay > 0 then
          place(id, now + delay, crashes)
        else
          local list = freed[listFor(crashes)]
          list[#list + 1] = id
        end
      elseif id then
        local death, record = ARGV[argument + 4], call('HGET', kRecords, id)
        if record then
          call('ZADD', kDead, now, id)
          call('HSET', kDeadRecords, id, struct.pack('>I4', #death) .. death .. record)
        end
        finish({ id })
        if name ~= '' then freeName(name, id) end
        trimDead(tonumber(ARGV[9]), tonumber(ARGV[10]))
      end
      argument = argument + (kind == 'N' and 4 or kind == 'R' and 7 or kind == 'L' and 6 or 5)
    end
  end

  -- A lease that holds nothing any more ends.
  for id, from in pairs(leases) do
    if string.find(from.marks, '1', 1, true) then
      call('SETRANGE', leasePrefix .. id, 0, from.marks)
    elseif #from.marks > 0 then
      call('DEL', leasePrefix .. id)
      call('ZREM', kLeases, id)
    end
  end
  pushFront(kReady, freed[kReady])
  pushFront(kSuspects, freed[kSuspects])
end

-- 2. Reserve.
local value, records, attempts = '', {}, {}
local nextEventAt, mayBeMore = nil, false

if max > 0 and isRepeated then
  -- The reply of the first call was lost: what the lease still holds.
  value = call('GET', leasePrefix .. lease)
elseif max > 0 and not isPaused then
  local source = wantsSuspect and kSuspects or kReady
  local hasLimit = workerLimit > 0 or interval > 0
  local isSwept = hasLimit or ARGV[11] == '1'
  if isSwept then nextEventAt = sweep() end

  local count = wantsSuspect and 1 or max
  if workerLimit > 0 then count = math.min(count, workerLimit - inFlight()) end
  if interval > 0 then count = math.min(count, call('LLEN', source)) end
  if interval > 0 and count > 0 then
    -- The generic cell rate algorithm, counted from now on so that it stays exact.
    local backlog = math.max(0, tonumber(call('GET', root .. 'g') or '0') - now)
    local permits = math.min(count, math.floor((interval * burst - backlog) / interval + 0.5 / interval))
    if permits < 1 then
      local permitAt = now + math.ceil(backlog + interval - interval * burst)
      nextEventAt = math.min(nextEventAt or permitAt, permitAt)
      count = 0
    else
      local later = backlog + interval * permits
      call('SET', root .. 'g', string.format('%.17g', now + later), 'PX', text(math.ceil(later / 1000) + 1000))
      count = permits
    end
  end

  local ids = count > 0 and call('LPOP', source, count) or {}
  if #ids < count and not isSwept then
    nextEventAt = sweep()
    if filled[source] then
      local more = call('LPOP', source, count - #ids) or {}
      for i = 1, #more do ids[#ids + 1] = more[i] end
    end
  end
  mayBeMore = count > 0 and #ids == count

  if #ids > 0 then
    records = call('HMGET', kRecords, unpack(ids))
    local marks = string.rep('1', #ids)
    for i = 1, #ids do
      -- An id without a record is no message: it goes, so that it does not come back for ever.
      if not records[i] then marks = sub(marks, 1, i - 1) .. '0' .. sub(marks, i + 1) end
    end
    value = marks .. table.concat(ids)
    if string.find(marks, '1', 1, true) then
      call('SET', leasePrefix .. lease, value)
      call('ZADD', kLeases, now + duration, lease)
    end
    if hasAttempts or hasReaped then attempts = call('HMGET', kAttempts, unpack(ids)) end
  end
end

if isRepeated and value ~= '' then
  local ids = {}
  for index = 0, #value / 17 - 1 do ids[index + 1] = idIn(value, index) end
  records = call('HMGET', kRecords, unpack(ids))
  attempts = call('HMGET', kAttempts, unpack(ids))
end

-- 3. Who else should look.
wakeFilled()
if wasFull and not isPaused and inFlight() < workerLimit and call('EXISTS', kReady, kSuspects) > 0 then wake('a') end

local untilNext = nextEventAt and math.max(0, nextEventAt - now) or -1
local suspectsWait = (isSpecial or filled[kSuspects]) and call('EXISTS', kSuspects) == 1
local flags = (isPaused and 1 or 0) + (suspectsWait and 2 or 0) + (mayBeMore and 4 or 0)
return { now, untilNext, flags, refused, value, records, attempts }
