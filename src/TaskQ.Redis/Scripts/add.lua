-- Stores messages: each with its name or not at all.
--   ARGV[2]  '1' when this call was sent before, else '0'
--   ARGV[3]  the lane of the producer, which has one call on its way at a time   ARGV[4]  the number of the call in it, 16 digits
--   ARGV[5]  ids, 16 bytes each   ARGV[6]  heads, 17 bytes each:
--            1 byte flags: 1 it has a delay, 2 it has a due time, 4 its name lasts until it ends, 8 it replaces a pending
--            one, 16 it may be stored already; then delay or due time, and window of the name, as doubles
--   then the records
-- Returns, for each message, the id that holds its name, or an empty text when it was added.
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

-- A write that the server refuses leaves neither names nor the lane's number behind.
local taken = {}
local function must(reply)
  if type(reply) == 'table' and reply.err then
    redis.pcall('DEL', lane, unpack(taken))
    error(reply.err)
  end
  return reply
end

-- What is due at once, and later, goes in together.
local fields, ready, delayed, firstDue = {}, {}, {}, nil
local function flush()
  if #fields == 0 then return end
  must(redis.pcall('HSET', kRecords, unpack(fields)))
  if #ready > 0 and must(redis.pcall('RPUSH', root .. 'r', unpack(ready))) == #ready then
    call('PUBLISH', root .. 'w', 'w')
  end
  if #delayed > 0 then
    local earliest = tonumber(call('ZRANGE', root .. 'd', '0', '0', 'WITHSCORES')[2])
    must(redis.pcall('ZADD', root .. 'd', unpack(delayed)))
    if not earliest or firstDue < earliest then call('PUBLISH', root .. 'w', text(firstDue - now)) end
  end
  fields, ready, delayed, firstDue, taken = {}, {}, {}, nil, {}
end

local purges = call('GET', root .. 'n') or '0'
local lastWindow, lasts, ends

-- A name's value: 16 bytes id, 'U' until the message ends or 'W' for a window, the purge it has survived, its end.
-- The names of a call mostly last equally long.
local function nameValue(id, kind, window)
  if window ~= lastWindow then
    lastWindow, lasts, ends = window, text(math.max(1, math.ceil(window / 1000))), text(now + window)
  end
  return id .. kind .. purges .. ':' .. ends
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
local function replace(id, kind, ends, key, record, due, window)
  local rare, old = shared(), call('HGET', kRecords, id)
  if not old or rare.hasFlag(old, 4) or call('HGET', root .. 'a', id) or rare.leaseOf(id) then return end
  -- The name goes on belonging to the message in the way in which it was taken.
  call('HSET', kRecords, id, string.char(1 + (kind == 'U' and 2 or 0)) .. sub(record, 2))
  rare.move(id, due, 0)
  if now + window > ends then call('SET', key, nameValue(id, kind, window), 'PX', lasts) end
  rare.wakeFilled()
end

local results = {}
for i = 1, #ids / 16 do
  local id, record = sub(ids, 16 * i - 15, 16 * i), ARGV[6 + i]
  local flags, due, window = struct.unpack('>Bdd', heads, 17 * i - 16)
  local isDelayed, isDue, isUnique = flags % 2 == 1, flags % 4 > 1, flags % 8 > 3
  local replaces, mayBeStored = flags % 16 > 7, isRepeated or flags > 15
  due = isDue and due or isDelayed and now + due or now

  local key, isTaken, holder, holderKind, ends = nil, false, nil, nil, nil
  if string.byte(record, 1) % 2 == 1 then
    key = root .. 'u:' .. sub(record, 2, 17)
    isTaken = not mayBeStored and call('SET', key, nameValue(id, isUnique and 'U' or 'W', window), 'PX', lasts, 'NX')
    if not isTaken then holder, holderKind, ends = holderOf(key) end
  end

  if holder and holder ~= id then
    if replaces then
      flush()
      replace(holder, holderKind, ends, key, record, due, window)
    end
    results[i] = holder
  else
    local isStored = mayBeStored and (call('HEXISTS', kRecords, id) == 1 or call('ZSCORE', root .. 'x', id))
    if not holder and not isStored then
      if key then
        if not isTaken then call('SET', key, nameValue(id, isUnique and 'U' or 'W', window), 'PX', lasts) end
        taken[#taken + 1] = key
      end
      fields[#fields + 1] = id
      fields[#fields + 1] = record
      if due <= now then
        ready[#ready + 1] = id
      else
        delayed[#delayed + 1] = due
        delayed[#delayed + 1] = id
        firstDue = math.min(firstDue or due, due)
      end
    end
    results[i] = ''
  end
end
flush()

call('SET', lane, ARGV[4] .. cmsgpack.pack(results), 'PX', '600000')
return results
