-- Settles finished messages, then reserves others.
--   ARGV[2]  how many to reserve, 0 for none       ARGV[3]  id of the lease      ARGV[4]  its duration
--   ARGV[5]  '1' to reserve a suspect, else '0'    ARGV[6]  worker limit, 0 for none
--   ARGV[7]  time between two permits of the rate limit, 0 for none              ARGV[8]  its burst
--   ARGV[9]  retention of dead letters             ARGV[10] how many are kept
--   ARGV[11] '1' to look first for what time has brought; else only when too little is ready
--   then settlements, one after the other:
--     'C', lease, indexes                                 complete; 2 bytes for each message of the lease
--     'B', lease, indexes                                 given back at once, of those that lost at most one lease
--     'N', lease, index, name                             complete, and free the name
--     'R', lease, index, name, delay, attempts, crashes   again after a delay; attempts as they are stored
--     'L', lease, index, name, delay, crashes             given back
--     'D', lease, index, name, death                      dead; the death as it is stored
--   where a name is given only when it lasts until the message ends.
-- Returns { time until something happens by itself or -1, 1 paused + 2 suspects wait + 4 more may be ready,
--   { numbers of the settlements that were refused, from 0 }, value of the lease, { records }, { attempts } }, where what
--   would be empty is nil.
-- This is the hot path: it creates few closures and tables, reads few numbers, and loads shared.lua when it meets something rare.
local kRecords, root = KEYS[1], string.sub(KEYS[1], 1, -2)
local kReady, kSuspects, kAttempts, kCancelled, kStale = root .. 'r', root .. 's', root .. 'a', root .. 'c', root .. 'o'
local call, sub, byte = redis.call, string.sub, string.byte
local lease = ARGV[3]
local held = root .. 'b:' .. lease
local wantsMessages = ARGV[2] ~= '0'
local hasWorkerLimit, hasRateLimit = ARGV[6] ~= '0', ARGV[7] ~= '0'

local hasAttempts, hasCancelled, hasSuspects, hasStale, isPaused, isRepeated = false, false, false, false, false, false
if call('EXISTS', kAttempts, kCancelled, kSuspects, kStale, root .. 'h', held) > 0 then
  hasAttempts, hasCancelled = call('EXISTS', kAttempts) == 1, call('EXISTS', kCancelled) == 1
  hasSuspects, isPaused = call('EXISTS', kSuspects) == 1, call('EXISTS', root .. 'h') == 1
  hasStale, isRepeated = call('EXISTS', kStale) == 1, call('EXISTS', held) == 1
end

local rare
local function load()
  rare = rare or shared()
  return rare
end

local wasFull = hasWorkerLimit and load().inFlight() >= tonumber(ARGV[6])

-- 1. Settle. Whether the lease still holds the message is the fence.
local refused
if #ARGV > 11 then
  local number, ready, suspects = 0, {}, {}
  local lastId, value, marks, isChanged

  -- A server without memory refuses a script at its first write that may need some. This one does not.
  call('ZREM', root .. 'l', '')

  -- A lease that holds nothing any more ends.
  local function close()
    if not isChanged then return end
    if string.find(marks, '1', 1, true) then
      call('SETRANGE', root .. 'b:' .. lastId, '0', marks)
    else
      call('DEL', root .. 'b:' .. lastId)
      call('ZREM', root .. 'l', lastId)
    end
  end

  local function open(id)
    if id == lastId then return end
    close()
    lastId, value, isChanged = id, call('GET', root .. 'b:' .. id) or '', false
    marks = sub(value, 1, #value / 17)
  end

  local function clear(first, last)
    marks = sub(marks, 1, first) .. string.rep('0', last - first + 1) .. sub(marks, last + 2)
    isChanged = true
  end

  local function finish(ids)
    call('HDEL', kRecords, unpack(ids))
    if hasAttempts then call('HDEL', kAttempts, unpack(ids)) end
    if hasCancelled then call('SREM', kCancelled, unpack(ids)) end
  end

  local argument = 12
  while argument <= #ARGV do
    local kind = ARGV[argument]
    open(ARGV[argument + 1])
    if kind == 'C' or kind == 'B' then
      local indexes, ids, count = ARGV[argument + 2], {}, 0
      local start, first, last = #marks + 1, nil, nil
      for at = 1, #indexes, 2 do
        local high, low = byte(indexes, at, at + 1)
        local index = 256 * high + low
        if first and index ~= last + 1 then
          clear(first, last)
          first = nil
        end
        if byte(marks, index + 1) == 49 then
          count = count + 1
          ids[count] = sub(value, start + 16 * index, start + 16 * index + 15)
          first, last = first or index, index
        else
          refused = refused or {}
          refused[#refused + 1] = number
        end
        number = number + 1
      end
      if first then clear(first, last) end
      if kind == 'B' then
        for i = 1, count do
          if not (hasCancelled and call('SISMEMBER', kCancelled, ids[i]) == 1) then
            ready[#ready + 1] = ids[i]
          else
            load().forget(ids[i])
          end
        end
      elseif count > 0 then
        finish(ids)
      end
      argument = argument + 3
    else
      local index, name, id = tonumber(ARGV[argument + 2]), ARGV[argument + 3], nil
      if byte(marks, index + 1) == 49 then
        id = sub(value, #marks + 16 * index + 1, #marks + 16 * index + 16)
        clear(index, index)
      else
        refused = refused or {}
        refused[#refused + 1] = number
      end
      number = number + 1
      if id and (kind == 'N' or (hasCancelled and kind ~= 'D' and call('SISMEMBER', kCancelled, id) == 1)) then
        finish({ id })
        if name ~= '' then load().freeName(name, id) end
      elseif id and kind == 'R' then
        call('HSET', kAttempts, id, ARGV[argument + 5])
        hasAttempts = true
        load().place(id, load().now + tonumber(ARGV[argument + 4]), tonumber(ARGV[argument + 6]))
      elseif id and kind == 'L' then
        local delay, crashes = tonumber(ARGV[argument + 4]), tonumber(ARGV[argument + 5])
        if delay > 0 then
          load().place(id, load().now + delay, crashes)
        else
          local list = crashes >= 2 and suspects or ready
          list[#list + 1] = id
        end
      elseif id then
        local death, record = ARGV[argument + 4], call('HGET', kRecords, id)
        if record then
          call('ZADD', root .. 'x', load().now, id)
          call('HSET', root .. 'y', id, struct.pack('>I4', #death) .. death .. record)
        end
        finish({ id })
        if name ~= '' then load().freeName(name, id) end
        load().trimDead(tonumber(ARGV[9]), tonumber(ARGV[10]))
      end
      argument = argument + (kind == 'N' and 4 or kind == 'R' and 7 or kind == 'L' and 6 or 5)
    end
  end
  close()
  if #ready > 0 then load().pushFront(kReady, ready) end
  if #suspects > 0 then load().pushFront(kSuspects, suspects) end
end

-- 2. Reserve.
local value, records, attempts
local untilNext, mayBeMore = -1, false

if wantsMessages and isRepeated then
  -- The reply of the first call was lost: what the lease still holds.
  value = call('GET', held)
  local ids, count = {}, #value / 17
  for i = 1, count do ids[i] = sub(value, count + 16 * i - 15, count + 16 * i) end
  records = call('HMGET', kRecords, unpack(ids))
  attempts = hasAttempts and call('HMGET', kAttempts, unpack(ids))
elseif wantsMessages and not isPaused then
  local source = ARGV[5] == '1' and kSuspects or kReady
  local max = ARGV[5] == '1' and 1 or tonumber(ARGV[2])
  local now = tonumber(ARGV[1])
  if not now then
    local time = call('TIME')
    now = time[1] * 1000000 + time[2]
  end

  -- What time has brought is worked off; returns when there will be more.
  local event
  local isSwept = ARGV[11] == '1' or hasStale or hasWorkerLimit or hasRateLimit
  if isSwept then event = load().sweep() end
  local isClean = not hasStale or rare.dropStale(source, max)

  local count = isClean and max or 0
  if hasWorkerLimit then count = math.min(count, tonumber(ARGV[6]) - load().inFlight()) end
  if hasRateLimit then
    count = math.min(count, call('LLEN', source))
    if count > 0 then
      -- The generic cell rate algorithm, counted from now on so that it stays exact.
      local interval, burst = tonumber(ARGV[7]), tonumber(ARGV[8])
      local backlog = math.max(0, tonumber(call('GET', root .. 'g') or '0') - now)
      local permits = math.min(count, math.floor((interval * burst - backlog) / interval + 0.5 / interval))
      if permits < 1 then
        local permitAt = now + math.ceil(backlog + interval - interval * burst)
        event = math.min(event or permitAt, permitAt)
      else
        local later = backlog + interval * permits
        call('SET', root .. 'g', string.format('%.17g', now + later), 'PX', string.format('%.0f', math.ceil(later / 1000) + 1000))
      end
      count = math.max(0, permits)
    end
  end

  local ids = count > 0 and call('LPOP', source, count)
  local found = ids and #ids or 0
  if found < count and not isSwept then
    local due, ends = call('ZRANGE', root .. 'd', '0', '0', 'WITHSCORES')[2], call('ZRANGE', root .. 'l', '0', '0', 'WITHSCORES')[2]
    if due or ends then
      due, ends = tonumber(due), tonumber(ends)
      event = due and ends and math.min(due, ends) or due or ends
    end
    if event and event <= now then
      event = load().sweep()
      local more = call('LPOP', source, count - found)
      ids = ids or {}
      for i = 1, more and #more or 0 do ids[found + i] = more[i] end
      found = #ids
    end
  end
  mayBeMore = count > 0 and found == count
  if not isClean then event = now end
  if event then untilNext = math.max(0, event - now) end

  if found > 0 then
    records = call('HMGET', kRecords, unpack(ids))
    local marks = string.rep('1', found)
    for i = 1, found do
      -- An id without a record is no message: it goes, so that it does not come back for ever.
      if not records[i] then marks = sub(marks, 1, i - 1) .. '0' .. sub(marks, i + 1) end
    end
    value = marks .. table.concat(ids)
    if string.find(marks, '1', 1, true) then
      call('SET', held, value)
      call('ZADD', root .. 'l', now + tonumber(ARGV[4]), lease)
    end
    if hasAttempts or (rare and rare.hasReaped()) then attempts = call('HMGET', kAttempts, unpack(ids)) end
  end
end

-- 3. Who else should look.
if rare then
  rare.wakeFilled()
  if wasFull and not isPaused and rare.inFlight() < tonumber(ARGV[6]) and call('EXISTS', kReady, kSuspects) > 0 then rare.wake('a') end
  hasSuspects = call('EXISTS', kSuspects) == 1
end
return {
  untilNext, (isPaused and 1 or 0) + (hasSuspects and 2 or 0) + (mayBeMore and 4 or 0),
  refused or false, value or false, records or false, attempts or false,
}
