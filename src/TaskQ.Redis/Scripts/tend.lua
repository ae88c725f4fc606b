-- Stands between shared.lua and the scripts of operators.
-- It begins with a write that frees nothing and takes nothing: a server that is out of memory refuses a script at its
-- first write that may need memory, and what frees memory must go on then.
call('ZREM', kLeases, '')

-- What time has brought: as much as one pass takes, of one kind when that is much.
local function tend()
  if not reap() then promote() end
  local names = call('GET', root .. 'm')
  if names and struct.unpack('>d', names) <= now then dropNames(PASS) end
  wakeFilled()
end

-- How much one call looks through for a message: entries of a list, entries that are read into Lua, and leases, by their
-- bytes and 1,000 more for each. Each takes about half a millisecond.
local NATIVE, READ, LEASES = 25000, 5000, 400000

-- How many times everything is looked through for a message that goes from one place to another meanwhile.
local LOOKS = 3

local function isHeldIn(value, id)
  local count = #value / 17
  local at = string.find(value, id, count + 1, true)
  while at do
    local index = (at - count - 1) / 16
    if index == math.floor(index) then return byte(value, index + 1) == 49 end
    at = string.find(value, id, at + 1, true)
  end
  return false
end

-- Looks for a message in the leases by their ends, from behind one of them on: a beat moves a lease on, so none is passed over.
-- Returns whether it is there, and the last lease that was looked at, with its end, if there are more.
local function lookInLeases(id, lease, ends)
  local first, left = 0, LEASES
  if lease then
    first = tonumber(call('ZSCORE', kLeases, lease)) == ends and call('ZRANK', kLeases, lease) + 1
      or call('ZCOUNT', kLeases, '-inf', '(' .. text(ends))
  end
  while true do
    local page = call('ZRANGE', kLeases, first, first + 99, 'WITHSCORES')
    for i = 1, #page, 2 do
      local value = call('GET', leasePrefix .. page[i]) or ''
      if isHeldIn(value, id) then return true end
      left = left - 1000 - #value
      if left < 0 then return false, page[i], tonumber(page[i + 1]) end
    end
    if #page < 200 then return false end
    first = first + 100
  end
end

-- Looks for a message in a list from its tail on: what is added there moves an entry only away from who looks, and what is taken
-- at the head moves none. Returns whether it is there, and how many entries at the tail were looked at, if there are more.
local function lookInList(key, id, looked)
  local rest = call('LLEN', key) - looked
  if rest <= 0 then return false end
  if rest <= NATIVE then return call('LPOS', key, id, 'MAXLEN', rest) ~= false end
  if looked == 0 then return call('LPOS', key, id, 'RANK', '-1', 'MAXLEN', NATIVE) ~= false, NATIVE end
  local page = call('LRANGE', key, -looked - READ, -looked - 1)
  for i = 1, #page do
    if page[i] == id then return true end
  end
  return false, looked + READ
end

-- Whether a message that has a record and is not delayed is in flight: it is in a lease or in a list. When one call can't look
-- through what is faster to look through, it returns nil and where the next one goes on.
local function isInFlight(id, from)
  if call('SISMEMBER', kNamed, id) == 1 then return true end
  local waiting = call('LLEN', kReady) + call('LLEN', kSuspects)
  local look, place, at, ends = 1, 'l', nil, nil
  if from ~= '' then
    look, place, at, ends = unpack(cmsgpack.unpack(from))
  elseif 20 * waiting + 80 * math.max(0, waiting - 2 * NATIVE) < 1000 * call('ZCARD', kLeases) + 20 * inFlight() then
    -- In nanoseconds.
    place, at = 'r', 0
  end
  if look > LOOKS or waiting <= NATIVE and (from ~= '' or place == 'r') then
    return not call('LPOS', kReady, id) and not call('LPOS', kSuspects, id)
  end

  local isHere
  if place == 'l' then
    isHere, at, ends = lookInLeases(id, at, ends)
    if isHere then return true end
    -- All of them, in one call.
    if from == '' and not at then return false end
    if at then return nil, cmsgpack.pack({ look, 'l', at, ends }) end
    return nil, cmsgpack.pack({ look, 'r', 0 })
  end

  isHere, at = lookInList(root .. place, id, at)
  if isHere then return false end
  if at then return nil, cmsgpack.pack({ look, place, at }) end
  if place == 'r' and call('EXISTS', kSuspects) == 1 then return nil, cmsgpack.pack({ look, 's', 0 }) end
  return nil, cmsgpack.pack({ look + 1, 'l' })
end

-- The rank of the oldest dead letter that counts: those that are too old, or too many, are trimmed bit by bit, and are
-- gone for whoever looks.
local function firstDead(retention, max)
  return math.max(0, call('ZCOUNT', kDead, '-inf', now - retention), call('ZCARD', kDead) - max)
end
