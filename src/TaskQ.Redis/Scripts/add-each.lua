-- A function of add.lua: stores messages of any kind, one by one. It loads shared.lua only when it meets something rare.
--   taken, stored     what it does, for undo
--   now, held         the time, and who holds the names, if that is known
local kRecords, root = KEYS[1], string.sub(KEYS[1], 1, -2)
local call, sub = redis.call, string.sub
local isRepeated, ids, heads = ARGV[2] == '1', ARGV[6], ARGV[7]
local count = #ids / 16

-- How long an id is known, when it is taken beside a name: an hour.
local idWindow = 3600000000

local function nameOf(i)
  local record = ARGV[7 + i]
  return string.byte(record, 1) % 2 == 1 and sub(record, 2, 17) or nil
end

now = now or timeNow()
if not held then
  local all = {}
  for i = 1, count do
    all[#all + 1] = nameOf(i)
    if string.byte(heads, #heads > 17 and 17 * i - 16 or 1) > 31 then all[#all + 1] = sub(ids, 16 * i - 15, 16 * i) end
  end
  held = #all > 0 and findNames(all, now) or {}
end

-- What is due at once, and later, and the names of each generation go in together.
local names, fields, ready, delayed, firstDue = {}, {}, {}, {}, nil
local function flush()
  for generation, list in pairs(names) do
    taken[#taken + 1] = list.names
    putNames(generation, list.names, list.holders)
  end
  names = {}
  if #fields == 0 then return end
  stored[#stored + 1] = fields
  call('HSET', kRecords, unpack(fields))
  if #ready > 0 and call('RPUSH', root .. 'r', unpack(ready)) == #ready then
    call('PUBLISH', root .. 'w', 'w')
  end
  if firstDue then
    local earliest = tonumber(call('ZRANGE', root .. 'd', '0', '0', 'WITHSCORES')[2])
    call('ZADD', root .. 'd', unpack(delayed))
    if not earliest or firstDue < earliest then call('PUBLISH', root .. 'w', string.format('%.0f', firstDue - now)) end
  end
  fields, ready, delayed, firstDue = {}, {}, {}, nil
end

local function take(name, id, isUnique, window)
  local generation, value = openNames(isUnique, now, window)
  local list = names[generation] or { names = {}, holders = {} }
  list.names[#list.names + 1] = name
  list.holders[#list.holders + 1] = name
  list.holders[#list.holders + 1] = id .. value
  names[generation] = list
  held[name] = isUnique and { id } or { id, now + window }
end

local head, due, window, isUnique, replaces, mayBeStored, keepsId

local function readHead(i)
  local flags, time
  head = sub(heads, 17 * i - 16, 17 * i)
  flags, time, window = struct.unpack('>Bdd', head)
  due = flags % 4 > 1 and time or flags % 2 == 1 and now + time
  if due and due <= now then due = nil end
  isUnique, replaces, mayBeStored = flags % 8 > 3, flags % 16 > 7, isRepeated or flags % 32 > 15
  keepsId = flags > 31
end

local rare

-- Replaces what is pending: a message that waits and has never started, so that no attempt of it is counted, nor one that was dead.
local function replace(holder, name, record)
  rare = rare or shared()
  local id, ends, wasDead = holder[1], holder[2], holder[3]
  if wasDead or call('HEXISTS', kRecords, id) == 0 or call('HEXISTS', root .. 'a', id) == 1
    or call('SISMEMBER', root .. 'f', id) == 1 then return end
  -- The name goes on belonging to the message in the way in which it was taken.
  local flags = ends and 1 or 3
  if string.byte(record, 1) ~= flags then record = string.char(flags) .. sub(record, 2) end
  call('HSET', kRecords, id, record)
  rare.move(id, due or 0, 0)
  rare.wakeFilled()
  if ends and now + window > ends then
    local generation, value = openNames(false, now, window)
    putNames(generation, { name }, { name, id .. value })
    held[name] = { id, now + window }
  end
end

local duplicates = {}
readHead(1)
for i = 1, count do
  if #heads > 17 and sub(heads, 17 * i - 16, 17 * i) ~= head then readHead(i) end
  local id, record, name = sub(ids, 16 * i - 15, 16 * i), ARGV[7 + i], nameOf(i)
  local holder = name and held[name]
  if keepsId and held[id] then
    -- It came before, whatever has become of it.
  elseif holder and holder[1] ~= id then
    if replaces then
      flush()
      replace(holder, name, record)
    end
    if keepsId then take(id, id, false, idWindow) end
    duplicates[#duplicates + 1] = i - 1
    duplicates[#duplicates + 1] = holder[1]
  elseif not holder and not (mayBeStored and (call('HEXISTS', kRecords, id) == 1 or call('ZSCORE', root .. 'x', id))) then
    if name then take(name, id, isUnique, window) end
    if keepsId then take(id, id, false, idWindow) end
    fields[#fields + 1] = id
    fields[#fields + 1] = record
    if not due then
      ready[#ready + 1] = id
    else
      delayed[#delayed + 1] = due
      delayed[#delayed + 1] = id
      firstDue = math.min(firstDue or due, due)
    end
  end
end
flush()

if #duplicates == 0 then return end
call('SET', root .. 'p:' .. ARGV[3], ARGV[4] .. cmsgpack.pack(duplicates), 'PX', '600000')
return duplicates
