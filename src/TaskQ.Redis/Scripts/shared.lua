-- Stands before every other script. What it reads:
--   KEYS[1]  the key of the queue's records; its other keys differ in the end. See protocol.md.
--   ARGV[1]  the time in microseconds since 1970, empty for the server's own clock
-- Ids are the 16 bytes of a UUIDv7, times are microseconds. A number that becomes part of a text goes through 'text',
-- for Lua would round it. Constants for the server are texts, which it need not format.

local kRecords, root = KEYS[1], string.sub(KEYS[1], 1, -2)
local kReady, kSuspects, kDelayed, kLeases = root .. 'r', root .. 's', root .. 'd', root .. 'l'
local kAttempts, kCancelled, kStale, kWake = root .. 'a', root .. 'c', root .. 'o', root .. 'w'
local kDead, kDeadRecords, kDeaths = root .. 'x', root .. 'y', root .. 't'
local kUnique, kNamed = root .. 'q', root .. 'f'
local leasePrefix = root .. 'b:'

-- How many elements one pass touches.
local PASS = 500

-- How many bytes of records one call moves, unless a single one is larger; and how much cheaper it is to free them.
local BYTES, FREED = 262144, 32

local call = redis.call
local sub, byte = string.sub, string.byte

local now = tonumber(ARGV[1])
if not now then
  local time = call('TIME')
  now = time[1] * 1000000 + time[2]
end

local function text(number)
  return string.format('%.0f', number)
end

-- Says that something is ready ('w', one waits less), that all must look ('a'), or in how long something is due.
local function wake(what)
  call('PUBLISH', kWake, what)
end

-- The attempt that comes next, and how many leases were lost, of what 'a' has of a message.
local function readAttempts(value)
  if not value then return 1, 0 end
  local attempt, crashes = string.match(value, '^(%d+):(%d+)$')
  return tonumber(attempt), tonumber(crashes)
end

local function attemptsOf(id)
  return readAttempts(call('HGET', kAttempts, id))
end

-- A record begins with a byte of flags: 1 it has a name, whose 16 bytes follow; 2 the name lasts until it ends.
local function hasFlag(record, flag)
  return math.floor((byte(record, 1) or 0) / flag) % 2 == 1
end

local function nameOf(record)
  return hasFlag(record, 1) and sub(record, 2, 17) or nil
end

local function freeName(name, id)
  if call('HGET', kUnique, name) == id then call('HDEL', kUnique, name) end
end

-- Adds a generation of names, or drops one: see names.lua.
local function setGenerations(generations)
  local first
  for at = 1, #generations, 9 do
    local exponent, number = struct.unpack('>Bd', generations, at)
    local over = math.ldexp(number + 1, exponent)
    first = math.min(first or over, over)
  end
  if not first then return call('DEL', root .. 'm') end
  call('SET', root .. 'm', struct.pack('>d', first) .. generations)
end

local function addGeneration(generation)
  setGenerations(sub(call('GET', root .. 'm') or '', 9) .. generation)
end

-- Drops names that have ended, so many at most, of generations that are over. One that was taken anew since then is in another one.
local function dropNames(most)
  local generations = sub(call('GET', root .. 'm') or '', 9)
  for at = 1, #generations, 9 do
    local exponent, number = struct.unpack('>Bd', generations, at)
    if math.ldexp(number + 1, exponent) <= now then
      local list = root .. 'u:' .. sub(generations, at, at + 8)
      local names, ended = call('LPOP', list, most) or {}, {}
      local values = #names > 0 and call('HMGET', root .. 'v', unpack(names))
      for i = 1, #names do
        if values[i] and struct.unpack('>d', values[i], 17) <= now then ended[#ended + 1] = names[i] end
      end
      if #ended > 0 then call('HDEL', root .. 'v', unpack(ended)) end
      if #names < most or call('EXISTS', list) == 0 then
        setGenerations(sub(generations, 1, at - 1) .. sub(generations, at + 9))
      end
      return
    end
  end
end

-- A message that is in no structure any more leaves for good.
local function forget(id)
  if call('EXISTS', kUnique) == 1 then
    local record = call('HGET', kRecords, id)
    if record and hasFlag(record, 2) then freeName(nameOf(record), id) end
  end
  call('HDEL', kRecords, id)
  call('HDEL', kAttempts, id)
  call('SREM', kCancelled, id)
end

-- Which lists were empty and are not any more.
local filled = {}

local function pushBack(key, ids)
  if #ids > 0 and call('RPUSH', key, unpack(ids)) == #ids then filled[key] = true end
end

-- Puts ids before those that wait, in their order.
local function pushFront(key, ids)
  if #ids == 0 then return end
  local reversed = {}
  for i = #ids, 1, -1 do reversed[#reversed + 1] = ids[i] end
  if call('LPUSH', key, unpack(reversed)) == #ids then filled[key] = true end
end

-- Wakes who must look at what the script has put into the lists and not taken itself.
local function wakeFilled()
  if filled[kSuspects] and call('EXISTS', kSuspects) == 1 then
    wake('a')
  elseif filled[kReady] and call('EXISTS', kReady) == 1 then
    wake('w')
  end
end

local function listFor(crashes)
  return crashes >= 2 and kSuspects or kReady
end

-- Delays messages, given as due time and id, and so on; those who wait learn of an earlier due time.
local function delay(pairs, firstDue)
  local earliest = tonumber(call('ZRANGE', kDelayed, '0', '0', 'WITHSCORES')[2])
  call('ZADD', kDelayed, unpack(pairs))
  if not earliest or firstDue < earliest then wake(text(firstDue - now)) end
end

-- Puts a message where its due time says.
local function place(id, due, crashes)
  if due <= now then
    pushBack(listFor(crashes), { id })
  else
    delay({ due, id }, due)
  end
end

-- The field of an id among those with stale entries: which list it is, and the id.
local function staleIn(key, id)
  return sub(key, -1) .. id
end

-- Takes a message that waits out of its list. Its entry stays behind as a stale one: finding it there would take O(n). Stale
-- entries of a message stand before the one that counts. The field '' has the number of all.
local function takeOut(id, crashes)
  call('HINCRBY', kStale, staleIn(listFor(crashes), id), '1')
  call('HINCRBY', kStale, '', '1')
end

-- Takes stale entries from among the first entries of a list, so that as many as are wanted are messages. Returns whether
-- it came to an end.
local function dropStale(key, wanted)
  local page = math.max(wanted, 50)
  for _ = 1, math.max(2, 2 * PASS / page) do
    local first = call('LRANGE', key, '0', page - 1)
    if #first == 0 then
      -- Without entries none is stale, whatever was written here.
      if call('EXISTS', kReady, kSuspects) == 0 then call('DEL', kStale) end
      return true
    end
    local fields = {}
    for i = 1, #first do fields[i] = staleIn(key, first[i]) end
    local stale, left, kept = call('HMGET', kStale, unpack(fields)), {}, {}
    for i = 1, #first do
      local entries = left[fields[i]] or tonumber(stale[i] or 0)
      if entries == 0 then
        kept[#kept + 1] = first[i]
      else
        left[fields[i]] = entries - 1
      end
    end
    if #kept == #first then return true end
    local ended = {}
    for field, entries in pairs(left) do
      if entries == 0 then ended[#ended + 1] = field else call('HSET', kStale, field, entries) end
    end
    if #ended > 0 then call('HDEL', kStale, unpack(ended)) end
    if call('HINCRBY', kStale, '', #kept - #first) <= 0 then call('DEL', kStale) end
    call('LPOP', key, #first)
    pushFront(key, kept)
  end
  return false
end

-- Moves a message that waits; what is ready and stays so keeps its turn.
local function move(id, due, crashes)
  if call('ZREM', kDelayed, id) == 1 then
    place(id, due, crashes)
  elseif due > now then
    takeOut(id, crashes)
    place(id, due, crashes)
  end
end

-- A lease's value: a byte per message, '1' while it holds the message and '0' later, then their ids.
local function idIn(value, index)
  local at = #value / 17 + 16 * index
  return sub(value, at + 1, at + 16)
end

local function idsIn(value)
  local ids = {}
  for index = 0, #(value or '') / 17 - 1 do
    if byte(value, index + 1) == 49 then ids[#ids + 1] = idIn(value, index) end
  end
  return ids
end

-- Makes messages ready whose time has come, up to two passes of them, for each costs little, in the order of their due times.
local function promote()
  local ids = call('ZRANGEBYSCORE', kDelayed, '-inf', now, 'LIMIT', 0, 2 * PASS)
  if #ids == 0 then return end
  call('ZREMRANGEBYRANK', kDelayed, '0', #ids - 1)
  if call('EXISTS', kAttempts) == 0 then
    pushBack(kReady, ids)
    return
  end
  local lists, counted = { [kReady] = {}, [kSuspects] = {} }, call('HMGET', kAttempts, unpack(ids))
  for i = 1, #ids do
    local _, crashes = readAttempts(counted[i])
    local list = lists[listFor(crashes)]
    list[#list + 1] = ids[i]
  end
  pushBack(kReady, lists[kReady])
  pushBack(kSuspects, lists[kSuspects])
end

-- Takes the messages of leases that ran out from their holders, and puts them before those that wait. Returns whether there was
-- much to do.
local hasReaped = false
local function reap()
  local leases = call('ZRANGEBYSCORE', kLeases, '-inf', now, 'LIMIT', 0, 100)
  if #leases == 0 then return false end
  hasReaped = true
  local hasNamed, hasCancelled = call('EXISTS', kNamed) == 1, call('EXISTS', kCancelled) == 1
  local lists, count, ended = { [kReady] = {}, [kSuspects] = {} }, 0, {}
  while count < PASS and #ended < #leases do
    local key = leasePrefix .. leases[#ended + 1]
    ended[#ended + 1] = key
    local ids, counts = idsIn(call('GET', key)), {}
    local isCancelled = hasCancelled and #ids > 0 and call('SMISMEMBER', kCancelled, unpack(ids))
    local counted = #ids > 0 and call('HMGET', kAttempts, unpack(ids))
    for j = 1, #ids do
      local id = ids[j]
      if isCancelled and isCancelled[j] == 1 then
        forget(id)
      else
        local attempt, crashes = readAttempts(counted[j])
        counts[#counts + 1] = id
        counts[#counts + 1] = (attempt + 1) .. ':' .. (crashes + 1)
        local list = lists[listFor(crashes + 1)]
        list[#list + 1] = id
      end
    end
    if #counts > 0 then call('HSET', kAttempts, unpack(counts)) end
    if hasNamed and #ids > 0 then call('SREM', kNamed, unpack(ids)) end
    count = count + #ids
  end
  call('DEL', unpack(ended))
  call('ZREM', kLeases, unpack(leases, 1, #ended))
  pushFront(kReady, lists[kReady])
  pushFront(kSuspects, lists[kSuspects])
  return count + 2 * #ended >= PASS / 4
end

-- When something happens by itself: the time of the next due message or lease that ends, nil for none.
local function nextEvent()
  local due = tonumber(call('ZRANGE', kDelayed, '0', '0', 'WITHSCORES')[2])
  local ends = tonumber(call('ZRANGE', kLeases, '0', '0', 'WITHSCORES')[2])
  return due and ends and math.min(due, ends) or due or ends
end

-- Does what time has brought. Returns when there is more to do.
local function sweep()
  local event = nextEvent()
  if not event or event > now then return event end
  if not reap() then promote() end
  return nextEvent()
end

local function readyCount()
  return call('LLEN', kReady) + call('LLEN', kSuspects) - tonumber(call('HGET', kStale, '') or 0)
end

local function inFlight()
  return call('HLEN', kRecords) - readyCount() - call('ZCARD', kDelayed)
end

-- Drops dead letters that are older than the retention, and the oldest beyond the maximum.
local function trimDead(retention, max)
  local old = call('ZRANGEBYSCORE', kDead, '-inf', now - retention, 'LIMIT', 0, PASS)
  local surplus = call('ZCARD', kDead) - #old - max
  if surplus > 0 then
    old = call('ZRANGE', kDead, 0, math.min(PASS, #old + surplus) - 1)
  end
  local count, bytes = 0, 0
  while count < #old and bytes < BYTES * FREED do
    count = count + 1
    bytes = bytes + call('HSTRLEN', kDeadRecords, old[count])
  end
  if count > 0 then
    call('ZREM', kDead, unpack(old, 1, count))
    call('HDEL', kDeadRecords, unpack(old, 1, count))
    call('HDEL', kDeaths, unpack(old, 1, count))
  end
end
