-- Stores messages: each with its name or not at all.
--   ARGV[2]  '1' when this call was sent before, else '0'
--   ARGV[3]  the lane of the producer, which has one call on its way at a time   ARGV[4]  the number of the call in it, 16 digits
--   ARGV[5]  ids, 16 bytes each   ARGV[6]  heads, 17 bytes each, or one for all:
--            1 byte flags: 1 it has a delay, 2 it has a due time, 4 its name lasts until it ends, 8 it replaces a pending
--            one, 16 it may be stored already; then delay or due time, and window of the name, as doubles
--   then the records
-- Returns duplicates: the number of the message, from 0, and the id that holds its name; and so on.
-- Like exchange.lua, it loads shared.lua only when it meets something rare.
local kRecords, root = KEYS[1], string.sub(KEYS[1], 1, -2)
local call, sub = redis.call, string.sub
local isRepeated, lane = ARGV[2] == '1', root .. 'p:' .. ARGV[3]
local ids, heads = ARGV[5], ARGV[6]

-- A call whose reply was lost, or that comes late, must store nothing again, even if its messages are completed by now.
-- The lane is known for longer than a producer tries again.
local done = call('SET', lane, ARGV[4], 'PX', '600000', 'GET')
if done and sub(done, 1, 16) >= ARGV[4] then
  call('SET', lane, done, 'PX', '600000')
  return #done > 16 and cmsgpack.unpack(sub(done, 17)) or {}
end

local now = tonumber(ARGV[1])
if not now then
  local time = call('TIME')
  now = time[1] * 1000000 + time[2]
end

local function text(number)
  return string.format('%.0f', number)
end

-- What a call has done that is refused in the middle, for want of a right: it must leave nothing behind.
local taken, stored = {}, {}
local function undo()
  redis.pcall('DEL', lane, unpack(taken))
  for i = 1, #stored do
    for j = 1, #stored[i], 2 do
      redis.pcall('HDEL', kRecords, stored[i][j])
      redis.pcall('ZREM', root .. 'd', stored[i][j])
      redis.pcall('LREM', root .. 'r', '-1', stored[i][j])
    end
  end
end

-- What is due at once, and later, goes in together.
local fields, ready, delayed, firstDue = {}, {}, {}, nil
local fieldCount, readyCount = 0, 0
local function flush()
  if fieldCount == 0 then return end
  stored[#stored + 1] = fields
  call('HSET', kRecords, unpack(fields))
  if readyCount > 0 and call('RPUSH', root .. 'r', unpack(ready)) == readyCount then
    call('PUBLISH', root .. 'w', 'w')
  end
  if #delayed > 0 then
    local earliest = tonumber(call('ZRANGE', root .. 'd', '0', '0', 'WITHSCORES')[2])
    call('ZADD', root .. 'd', unpack(delayed))
    if not earliest or firstDue < earliest then call('PUBLISH', root .. 'w', text(firstDue - now)) end
  end
  fields, ready, delayed, firstDue = {}, {}, {}, nil
  fieldCount, readyCount = 0, 0
end

local purges = call('GET', root .. 'n') or '0'

-- A name's value: 16 bytes id, 'U' until the message ends or 'W' for a window, the purge it has survived, its end.
local function nameEnd(kind, window)
  return kind .. purges .. ':' .. text(now + window), text(math.max(1, math.ceil(window / 1000)))
end

local function holderOf(key)
  local value = call('GET', key)
  if not value then return nil end
  local kind = sub(value, 17, 17)
  local survived, ends = string.match(sub(value, 18), '^(%d+):(%d+)$')
  if tonumber(ends) <= now or (kind == 'U' and survived ~= purges) then return nil end
  return sub(value, 1, 16), kind, tonumber(ends)
end

-- Replaces what is pending: a message that waits and has never started, so that no attempt of it is counted.
local rare, inFlight
local function replace(id, kind, ends, key, record, due, window)
  rare = rare or shared()
  inFlight = inFlight or rare.heldIds()
  local old = call('HGET', kRecords, id)
  if not old or rare.hasFlag(old, 4) or call('HGET', root .. 'a', id) or inFlight[id] then return end
  -- The name goes on belonging to the message in the way in which it was taken.
  call('HSET', kRecords, id, string.char(1 + (kind == 'U' and 2 or 0)) .. sub(record, 2))
  rare.move(id, due, 0)
  rare.wakeFilled()
  if now + window > ends then
    local value, lasts = nameEnd(kind, window)
    call('SET', key, id .. value, 'PX', lasts)
  end
end

local duplicates = {}
local head, due, window, replaces, mayBeStored, nameSuffix, nameLasts

local function readHead(i)
  local flags, time
  head = sub(heads, 17 * i - 16, 17 * i)
  flags, time, window = struct.unpack('>Bdd', head)
  due = flags % 4 > 1 and time or flags % 2 == 1 and now + time or now
  replaces, mayBeStored = flags % 16 > 7, isRepeated or flags > 15
  nameSuffix, nameLasts = nameEnd(flags % 8 > 3 and 'U' or 'W', window)
end

local function add()
  readHead(1)
  for i = 1, #ids / 16 do
    if #heads > 17 and sub(heads, 17 * i - 16, 17 * i) ~= head then readHead(i) end
    local id, record = sub(ids, 16 * i - 15, 16 * i), ARGV[6 + i]
    local key, isTaken, holder, holderKind, ends = nil, false, nil, nil, nil
    if string.byte(record, 1) % 2 == 1 then
      key = root .. 'u:' .. sub(record, 2, 17)
      isTaken = not mayBeStored and call('SET', key, id .. nameSuffix, 'PX', nameLasts, 'NX')
      if not isTaken then holder, holderKind, ends = holderOf(key) end
    end

    if holder and holder ~= id then
      if replaces then
        flush()
        replace(holder, holderKind, ends, key, record, due, window)
      end
      duplicates[#duplicates + 1] = i - 1
      duplicates[#duplicates + 1] = holder
    elseif not holder and not (mayBeStored and (call('HEXISTS', kRecords, id) == 1 or call('ZSCORE', root .. 'x', id))) then
      if key then
        if not isTaken then call('SET', key, id .. nameSuffix, 'PX', nameLasts) end
        taken[#taken + 1] = key
      end
      fields[fieldCount + 1], fields[fieldCount + 2] = id, record
      fieldCount = fieldCount + 2
      if due <= now then
        readyCount = readyCount + 1
        ready[readyCount] = id
      else
        delayed[#delayed + 1] = due
        delayed[#delayed + 1] = id
        firstDue = math.min(firstDue or due, due)
      end
    end
  end
  flush()
end

local isDone, refusal = pcall(add)
if not isDone then
  undo()
  -- A table, which servers from 7.0 on raise, has the server's own words.
  if type(refusal) == 'table' then return refusal end
  error(refusal)
end
if #duplicates > 0 then call('SET', lane, ARGV[4] .. cmsgpack.pack(duplicates), 'PX', '600000') end
return duplicates
