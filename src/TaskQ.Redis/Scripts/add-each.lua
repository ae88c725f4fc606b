-- A function of add.lua: stores messages of any kind, from the number 'first' on. Before it come those that add.lua has seen to:
-- 'fields' has their ids and records, 'ready' their ids, which are not stored yet; their names are taken.
-- It loads shared.lua only when it meets something rare.
local kRecords, root = KEYS[1], string.sub(KEYS[1], 1, -2)
local call, sub = redis.call, string.sub
local isRepeated, ids, heads = ARGV[2] == '1', ARGV[6], ARGV[7]

local now = tonumber(ARGV[1])
local function getNow()
  if not now then
    local time = call('TIME')
    now = time[1] * 1000000 + time[2]
  end
  return now
end

-- What is due at once, and later, goes in together.
local taken, stored, delayed, firstDue = {}, {}, {}, nil
local fieldCount, readyCount = #fields, #ready
local function flush()
  if fieldCount == 0 then return end
  stored[#stored + 1] = fields
  call('HSET', kRecords, unpack(fields))
  if readyCount > 0 and call('RPUSH', root .. 'r', unpack(ready)) == readyCount then
    call('PUBLISH', root .. 'w', 'w')
  end
  if firstDue then
    local earliest = tonumber(call('ZRANGE', root .. 'd', '0', '0', 'WITHSCORES')[2])
    call('ZADD', root .. 'd', unpack(delayed))
    if not earliest or firstDue < earliest then call('PUBLISH', root .. 'w', string.format('%.0f', firstDue - getNow())) end
  end
  fields, ready, delayed, firstDue = {}, {}, {}, nil
  fieldCount, readyCount = 0, 0
end

local head, due, window, isUnique, replaces, mayBeStored, nameEnd, nameLasts

local function readHead(i)
  local flags, time
  head = sub(heads, 17 * i - 16, 17 * i)
  flags, time, window = struct.unpack('>Bdd', head)
  due = flags % 4 > 1 and time or flags % 2 == 1 and getNow() + time
  if due and due <= getNow() then due = nil end
  isUnique, replaces, mayBeStored = flags % 8 > 3, flags % 16 > 7, isRepeated or flags > 15
  nameLasts = string.format('%.0f', math.max(1, math.ceil(window / 1000)))
  nameEnd = isUnique and 'U' .. (call('GET', root .. 'n') or '0') or ''
  if ARGV[1] ~= '' then nameEnd = nameEnd .. ':' .. string.format('%.0f', now + window) end
end

-- Who holds a name: id, whether until its message ends, and when the name ends.
local function holderOf(key)
  local value = call('GET', key)
  if not value then return nil end
  local kind, purges, ends = string.match(sub(value, 17), '^(%a?)(%d*):?(%d*)$')
  if ends ~= '' and tonumber(ends) <= getNow() then return nil end
  if kind == 'U' and purges ~= (call('GET', root .. 'n') or '0') then return nil end
  return sub(value, 1, 16), kind == 'U', tonumber(ends) or getNow() + 1000 * call('PTTL', key)
end

-- Replaces what is pending: a message that waits and has never started, so that no attempt of it is counted.
local rare, inFlight
local function replace(id, isUniqueHolder, ends, key, record)
  rare = rare or shared()
  inFlight = inFlight or rare.heldIds()
  local old = call('HGET', kRecords, id)
  if not old or rare.hasFlag(old, 4) or call('HGET', root .. 'a', id) or inFlight[id] then return end
  -- The name goes on belonging to the message in the way in which it was taken.
  call('HSET', kRecords, id, string.char(1 + (isUniqueHolder and 2 or 0)) .. sub(record, 2))
  rare.move(id, due or 0, 0)
  rare.wakeFilled()
  if getNow() + window > ends then
    local kindAndPurges = string.match(sub(call('GET', key), 17), '^%a?%d*')
    call('SET', key, id .. kindAndPurges .. (string.match(nameEnd, ':.*$') or ''), 'PX', nameLasts)
  end
end

local duplicates = {}
local function add()
  readHead(1)
  for i = first, #ids / 16 do
    if #heads > 17 and sub(heads, 17 * i - 16, 17 * i) ~= head then readHead(i) end
    local id, record = sub(ids, 16 * i - 15, 16 * i), ARGV[7 + i]
    local key, isTaken, holder, isUniqueHolder, ends = nil, false, nil, nil, nil
    if string.byte(record, 1) % 2 == 1 then
      key = root .. 'u:' .. sub(record, 2, 17)
      isTaken = not mayBeStored and call('SET', key, id .. nameEnd, 'PX', nameLasts, 'NX')
      if not isTaken then holder, isUniqueHolder, ends = holderOf(key) end
    end

    if holder and holder ~= id then
      if replaces then
        flush()
        replace(holder, isUniqueHolder, ends, key, record)
      end
      duplicates[#duplicates + 1] = i - 1
      duplicates[#duplicates + 1] = holder
    elseif not holder and not (mayBeStored and (call('HEXISTS', kRecords, id) == 1 or call('ZSCORE', root .. 'x', id))) then
      if key then
        if not isTaken then call('SET', key, id .. nameEnd, 'PX', nameLasts) end
        taken[#taken + 1] = key
      end
      fields[fieldCount + 1], fields[fieldCount + 2] = id, record
      fieldCount = fieldCount + 2
      if not due then
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
if not isDone then return undo(refusal, first - 1, stored, taken) end
if #duplicates == 0 then return end
call('SET', root .. 'p:' .. ARGV[3], ARGV[4] .. cmsgpack.pack(duplicates), 'PX', '600000')
return duplicates
