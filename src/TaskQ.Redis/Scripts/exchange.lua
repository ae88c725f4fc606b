-- Settles finished messages, then reserves others.
--   ARGV[2]  how many to reserve, 0 for none       ARGV[3]  id of the lease      ARGV[4]  its duration
--   ARGV[5]  '1' to reserve a suspect, else '0'    ARGV[6]  worker limit, 0 for none
--   ARGV[7]  time between two permits of the rate limit, 0 for none              ARGV[8]  its burst
--   ARGV[9]  retention of dead letters             ARGV[10] how many are kept
--   ARGV[11] '1' to look for what time has brought even if enough is ready
--   then settlements, one after the other:
--     'C', lease, indexes                                 complete; 2 bytes for each message of the lease
--     'B', lease, indexes                                 given back at once, of those that lost at most one lease
--     'N', lease, index, name                             complete, and free the name; index in 2 bytes as well
--     'R', lease, index, name, delay, attempts, crashes   again after a delay; attempts as they are stored
--     'L', lease, index, name, delay, crashes             given back
--     'D', lease, index, name, death                      dead; the death as it is stored
--   where a name is given only when it lasts until the message ends.
-- A fetch brings so many bytes of records, or a single one that is larger; what does not fit stays the next to come.
-- Returns { time until something happens by itself or -1, 1 paused + 2 suspects wait + 4 more may be ready,
--   { numbers of the settlements that were refused, from 0 }, value of the lease, { records }, { attempts } }, where what
--   would be empty is nil.
-- This is the hot path: it creates few closures and tables, reads few numbers, and loads shared.lua when it meets something rare.
local kRecords, root = KEYS[1], string.sub(KEYS[1], 1, -2)
local kReady, kSuspects, kAttempts, kCancelled, kStale = root .. 'r', root .. 's', root .. 'a', root .. 'c', root .. 'o'
local kNamed, kUnique, kWindows = root .. 'f', root .. 'q', root .. 'v'
local call, sub, byte = redis.call, string.sub, string.byte
local lease = ARGV[3]
local held = root .. 'b:' .. lease
local wantsMessages = ARGV[2] ~= '0'
local hasWorkerLimit, hasRateLimit = ARGV[6] ~= '0', ARGV[7] ~= '0'

local BYTES = 262144

local hasAttempts, hasCancelled, hasSuspects, hasStale, isPaused, isRepeated = false, false, false, false, false, false
local isCareful, hasNames, hasNamed = false, false, false
if call('EXISTS', kAttempts, kCancelled, kSuspects, kStale, root .. 'h', held, root .. 'z', kUnique, kWindows, kNamed) > 0 then
  hasAttempts, hasCancelled = call('EXISTS', kAttempts) == 1, call('EXISTS', kCancelled) == 1
  hasSuspects, isPaused = call('EXISTS', kSuspects) == 1, call('EXISTS', root .. 'h') == 1
  hasStale, isRepeated = call('EXISTS', kStale) == 1, call('EXISTS', held) == 1
  isCareful = call('EXISTS', root .. 'z') == 1
  -- Whose name nobody holds, nobody asks for by it.
  hasNames, hasNamed = call('EXISTS', kUnique, kWindows) > 0, call('EXISTS', kNamed) == 1
end

local rare
local function load()
  if not rare then
    rare = shared()
    -- A server without memory refuses a script at its first write that may need some. This one does not.
    call('ZREM', root .. 'l', '')
  end
  return rare
end

local wasFull = hasWorkerLimit and load().inFlight() >= tonumber(ARGV[6])

-- 1. Settle. Whether the lease still holds the message is the fence.
local refused
if #ARGV > 11 then
  local number, ready, suspects, ends, hasDied = 0, {}, {}, {}, false
  local retried, delayed, firstDue = {}, {}, nil
  local lastId, value, marks, isChanged

  -- See above.
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

  -- Takes messages out of the lease; returns their ids.
  local function take(indexes)
    local ids, count, start, first, last = {}, 0, #marks + 1, nil, nil
    local function clear()
      marks = sub(marks, 1, first) .. string.rep('0', last - first + 1) .. sub(marks, last + 2)
      first, isChanged = nil, true
    end
    for at = 1, #indexes, 2 do
      local high, low = byte(indexes, at, at + 1)
      local index = 256 * high + low
      if first and index ~= last + 1 then clear() end
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
    if first then clear() end
    if hasNamed and count > 0 then call('SREM', kNamed, unpack(ids)) end
    return ids, count
  end

  local function finish(ids)
    call('HDEL', kRecords, unpack(ids))
    if hasAttempts then call('HDEL', kAttempts, unpack(ids)) end
    if hasCancelled then call('SREM', kCancelled, unpack(ids)) end
  end

  -- Where a message goes that is not done.
  local function put(id, delay, crashes)
    if delay > 0 then
      local due = load().now + delay
      firstDue = math.min(firstDue or due, due)
      delayed[#delayed + 1] = due
      delayed[#delayed + 1] = id
    else
      local list = crashes >= 2 and suspects or ready
      list[#list + 1] = id
    end
  end

  local function freeName(name, id)
    if call('HGET', kUnique, name) == id then call('HDEL', kUnique, name) end
  end

  local function isCancelled(id)
    return hasCancelled and call('SISMEMBER', kCancelled, id) == 1
  end

  local argument = 12
  while argument <= #ARGV do
    local kind = ARGV[argument]
    open(ARGV[argument + 1])
    local ids, count = take(ARGV[argument + 2])
    if kind == 'C' then
      if count > 0 then finish(ids) end
      argument = argument + 3
    elseif kind == 'B' then
      for i = 1, count do
        if isCancelled(ids[i]) then load().forget(ids[i]) else put(ids[i], 0, 0) end
      end
      argument = argument + 3
    else
      local id, name = ids[1], ARGV[argument + 3]
      if not id then
        -- Refused.
      elseif kind == 'N' or (kind ~= 'D' and isCancelled(id)) then
        ends[#ends + 1] = id
        if name ~= '' then freeName(name, id) end
      elseif kind == 'R' then
        retried[#retried + 1] = id
        retried[#retried + 1] = ARGV[argument + 5]
        local delay, crashes = tonumber(ARGV[argument + 4]), tonumber(ARGV[argument + 6])
        if delay > 0 then put(id, delay) else load().pushBack(load().listFor(crashes), { id }) end
      elseif kind == 'L' then
        put(id, tonumber(ARGV[argument + 4]), tonumber(ARGV[argument + 5]))
      else
        local death, record = ARGV[argument + 4], call('HGET', kRecords, id)
        if record then
          call('ZADD', root .. 'x', load().now, id)
          call('HSET', root .. 'y', id, record)
          call('HSET', root .. 't', id, death)
          hasDied = true
        end
        ends[#ends + 1] = id
        if name ~= '' then freeName(name, id) end
      end
      argument = argument + (kind == 'N' and 4 or kind == 'R' and 7 or kind == 'L' and 6 or 5)
    end
  end

  close()
  if #ends > 0 then finish(ends) end
  if #retried > 0 then
    call('HSET', kAttempts, unpack(retried))
    hasAttempts = true
  end
  if firstDue then load().delay(delayed, firstDue) end
  if #ready > 0 then load().pushFront(kReady, ready) end
  if #suspects > 0 then load().pushFront(kSuspects, suspects) end
  if hasDied then load().trimDead(tonumber(ARGV[9]), tonumber(ARGV[10])) end
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
  local isSwept = hasStale or hasWorkerLimit or hasRateLimit
  if isSwept then event = load().sweep() end
  local isClean = not hasStale or rare.dropStale(source, max)

  local count, backlog = isClean and max or 0, nil
  if hasWorkerLimit then count = math.min(count, tonumber(ARGV[6]) - load().inFlight()) end
  if hasRateLimit then
    count = math.min(count, call('LLEN', source))
    if count > 0 then
      local interval, burst = tonumber(ARGV[7]), tonumber(ARGV[8])
      backlog = rare.rateBacklog(root .. 'g', now)
      local permits = math.min(count, rare.ratePermits(backlog, interval, burst))
      if permits < 1 then
        local permitAt = now + rare.rateWait(backlog, interval, burst)
        event = math.min(event or permitAt, permitAt)
      end
      count = math.max(0, permits)
    end
  end

  local ids, found, bytes, isFull = nil, 0, 0, false

  -- Whether messages seem to be too large to be read at once, by a few of them.
  local function seemLarge(popped)
    local length, looked = call('HSTRLEN', kRecords, popped[#popped]), 1
    for i = 1, #popped - 1, 16 do
      length, looked = length + call('HSTRLEN', kRecords, popped[i]), looked + 1
    end
    return bytes + length / looked * #popped > BYTES
  end

  -- How many of them fit, by the length of each.
  local function fitting(popped)
    local length = bytes
    for i = 1, #popped do
      local own = call('HSTRLEN', kRecords, popped[i])
      if length > 0 and length + own > BYTES then return i - 1 end
      length = length + own
    end
    return #popped
  end

  -- Takes up what was taken out of a list. An id without a record, or that is none, goes, so that it does not come back for
  -- ever. Returns how many there are, for the others do not fit.
  local function accept(popped)
    local taken, missing = #popped, 0
    if taken > 1 and (isCareful or seemLarge(popped)) or found > 0 then taken = fitting(popped) end
    if taken == 0 then return 0 end
    local popRecords = call('HMGET', kRecords, unpack(popped, 1, taken))
    for i = 1, taken do
      local record = popRecords[i]
      if not record or #popped[i] ~= 16 then
        call('HDEL', kRecords, popped[i])
        popRecords[i] = false
        missing = missing + 1
      elseif bytes > 0 and bytes + #record > BYTES then
        -- They seemed to be smaller.
        taken = i - 1
        break
      else
        bytes = bytes + #record
      end
    end
    if found == 0 and missing == 0 and taken == #popped then
      ids, records, found = popped, popRecords, taken
      return taken
    end
    ids, records = ids or {}, records or {}
    for i = 1, taken do
      if popRecords[i] then
        found = found + 1
        ids[found], records[found] = popped[i], popRecords[i]
      end
    end
    return taken
  end

  -- Puts what does not fit before those that wait; says how many those were.
  local function putBack(popped, taken)
    isFull = true
    local rest = {}
    for i = #popped, taken + 1, -1 do rest[#rest + 1] = popped[i] end
    -- The next fetches look at the length of each, for a while; while large ones may be there, they do so anyway.
    if not isCareful then call('SET', root .. 'z', '', 'PX', '10000') end
    return call('LPUSH', source, unpack(rest)) - #rest
  end

  local function pop()
    repeat
      local wanted = isCareful and math.min(32, count - found) or count - found
      local popped = call('LPOP', source, wanted)
      if not popped or #popped == 0 then return end
      local taken = accept(popped)
      if taken < #popped then putBack(popped, taken) end
    until isFull or found == count or #popped < wanted
  end

  if count > 0 then pop() end
  if found < count and not isSwept and not isFull then
    local due, ends = call('ZRANGE', root .. 'd', '0', '0', 'WITHSCORES')[2], call('ZRANGE', root .. 'l', '0', '0', 'WITHSCORES')[2]
    due, ends = due and tonumber(due), ends and tonumber(ends)
    event = due and ends and math.min(due, ends) or due or ends
    if due and due <= now and (not ends or ends > now) and source == kReady and not hasAttempts then
      -- What is due goes straight to whoever asks, and not by way of the list.
      local fallen = call('ZRANGEBYSCORE', root .. 'd', '-inf', now, 'LIMIT', '0', count - found)
      call('ZREMRANGEBYRANK', root .. 'd', '0', #fallen - 1)
      local taken = accept(fallen)
      if taken < #fallen and putBack(fallen, taken) == 0 then call('PUBLISH', root .. 'w', 'w') end
      due = tonumber(call('ZRANGE', root .. 'd', '0', '0', 'WITHSCORES')[2])
      event = due and ends and math.min(due, ends) or due or ends
    elseif event and event <= now then
      event = load().sweep()
      pop()
    end
  elseif ARGV[11] == '1' and not isSwept then
    event = load().sweep()
  end
  if isCareful and found == 0 and call('EXISTS', kRecords) == 0 then call('DEL', root .. 'z') end
  local names = found == 0 and call('GET', root .. 'm')
  if names and struct.unpack('>d', names) <= now then load().dropNames(200) end
  mayBeMore = isFull or (count > 0 and found == count)
  if not isClean then event = now end
  if event then untilNext = math.max(0, event - now) end

  if found > 0 then
    if hasRateLimit then rare.keepBacklog(root .. 'g', now, backlog + tonumber(ARGV[7]) * found) end
    value = string.rep('1', found) .. table.concat(ids)
    call('SET', held, value)
    call('ZADD', root .. 'l', now + tonumber(ARGV[4]), lease)
    if hasNames then
      local named = {}
      for i = 1, found do
        if (byte(records[i], 1) or 0) % 2 == 1 then named[#named + 1] = ids[i] end
      end
      if #named > 0 then call('SADD', kNamed, unpack(named)) end
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
