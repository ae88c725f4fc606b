-- Stands before every other script. What it reads:
--   KEYS     the keys of one queue, in the order of QueueKeys
--   ARGV[1]  the time in microseconds since 1970, empty for the server's own clock
-- Ids are the 16 bytes of a UUIDv7, times are microseconds. A number that becomes part of a text goes through 'text',
-- for Lua would round it.

local kRecords, kReady, kSuspects, kDelayed, kLeases = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local kAttempts, kCancelled, kDead, kDeadRecords = KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local kState, kRate, kWake, leasePrefix, namePrefix, lanePrefix = KEYS[10], KEYS[11], KEYS[12], KEYS[13], KEYS[14], KEYS[15]

-- How many elements one pass touches.
local PASS = 500

local call = redis.call

local now
if ARGV[1] == '' then
  local time = call('TIME')
  now = time[1] * 1000000 + time[2]
else
  now = tonumber(ARGV[1])
end

local function text(number)
  return string.format('%.0f', number)
end

-- A write that changes nothing and takes no memory. A server that is out of memory refuses a script at its first write that
-- may need some; what gives messages back, or brings them to those who finish them, must go on then.
local function writeFirst() call('ZREM', kLeases, '') end

local function exists(key)
  return call('EXISTS', key) == 1
end

-- Says that something is ready ('w', one waits less), that all must look ('a'), or when something is due.
local function wakeOne() call('PUBLISH', kWake, 'w') end
local function wakeAll() call('PUBLISH', kWake, 'a') end
local function wakeAt(due) call('PUBLISH', kWake, text(math.max(0, due - now))) end

-- The attempt that comes next, and how many leases were lost.
local function attemptsOf(id)
  local value = call('HGET', kAttempts, id)
  if not value then return 1, 0 end
  local attempt, crashes = string.match(value, '^(%d+):(%d+)$')
  return tonumber(attempt), tonumber(crashes)
end

-- A record begins with a byte of flags: 1 it has a name, whose 16 bytes follow; 2 the name lasts until it ends;
-- 4 it is a dead letter that was made ready again and no longer speaks for its name.
local function hasFlag(record, flag)
  return math.floor((string.byte(record, 1) or 0) / flag) % 2 == 1
end

local function nameOf(record)
  return hasFlag(record, 1) and string.sub(record, 2, 17) or nil
end

-- A name's value: 16 bytes id, 'U' until the message ends or 'W' for a window, the purge it has survived, its end.
local function holderOf(name)
  local value = call('GET', namePrefix .. name)
  if not value then return nil end
  local kind = string.sub(value, 17, 17)
  local purges, ends = string.match(string.sub(value, 18), '^(%d+):(%d+)$')
  if tonumber(ends) <= now then return nil end
  if kind == 'U' and purges ~= (call('HGET', kState, 'purges') or '0') then return nil end
  return string.sub(value, 1, 16), kind, tonumber(ends)
end

-- Takes a name; with ifFree only one that nobody has, and says whether it was. The names of a call mostly last equally long.
local lastWindow, lasts, ends
local function takeName(name, id, kind, window, purges, ifFree)
  if window ~= lastWindow then
    lastWindow, lasts, ends = window, text(math.max(1, math.ceil(window / 1000))), text(now + window)
  end
  local value = id .. kind .. purges .. ':' .. ends
  if ifFree then
    return call('SET', namePrefix .. name, value, 'PX', lasts, 'NX') and true or false
  end
  call('SET', namePrefix .. name, value, 'PX', lasts)
  return true
end

local function freeName(name, id)
  if string.sub(call('GET', namePrefix .. name) or '', 1, 16) == id then
    call('DEL', namePrefix .. name)
  end
end

-- A message that is in no structure any more leaves for good.
local function forget(id, record)
  record = record or call('HGET', kRecords, id)
  if record and hasFlag(record, 2) then
    freeName(nameOf(record), id)
  end
  call('HDEL', kRecords, id)
  call('HDEL', kAttempts, id)
  call('SREM', kCancelled, id)
end

local function pushBack(id, crashes)
  call('RPUSH', crashes >= 2 and kSuspects or kReady, id)
end

-- Puts ids before those that wait, in their order.
local function pushFront(key, ids)
  for i = #ids, 1, -1 do
    call('LPUSH', key, ids[i])
  end
end

-- Puts a message where its due time says; for one in the future, those who wait learn of an earlier due time.
local function place(id, due, crashes)
  if due <= now then
    pushBack(id, crashes)
    return
  end
  call('ZADD', kDelayed, due, id)
  if call('ZRANGE', kDelayed, 0, 0)[1] == id then
    wakeAt(due)
  end
end

-- Makes up to PASS messages ready whose time has come, in the order of their due times.
local function promote()
  local ids = call('ZRANGEBYSCORE', kDelayed, '-inf', now, 'LIMIT', 0, PASS)
  if #ids == 0 then return end
  call('ZREM', kDelayed, unpack(ids))
  if exists(kAttempts) then
    for i = 1, #ids do
      local _, crashes = attemptsOf(ids[i])
      pushBack(ids[i], crashes)
    end
  else
    call('RPUSH', kReady, unpack(ids))
  end
end

-- Takes the messages of leases that ran out from their holders, and puts them before those that wait.
local function reap()
  local leases = call('ZRANGEBYSCORE', kLeases, '-inf', now, 'LIMIT', 0, 100)
  if #leases == 0 then return end
  writeFirst()
  local ready, suspects = {}, {}
  for i = 1, #leases do
    if #ready + #suspects >= PASS then break end
    local held = leasePrefix .. leases[i]
    local ids = call('SMEMBERS', held)
    table.sort(ids)
    for j = 1, #ids do
      local id = ids[j]
      if call('SISMEMBER', kCancelled, id) == 1 then
        forget(id)
      else
        local attempt, crashes = attemptsOf(id)
        call('HSET', kAttempts, id, (attempt + 1) .. ':' .. (crashes + 1))
        local target = crashes + 1 >= 2 and suspects or ready
        target[#target + 1] = id
      end
    end
    call('DEL', held)
    call('ZREM', kLeases, leases[i])
  end
  pushFront(kReady, ready)
  pushFront(kSuspects, suspects)
end

local function inFlight()
  return call('HLEN', kRecords) - call('LLEN', kReady) - call('LLEN', kSuspects) - call('ZCARD', kDelayed)
end

-- The lease that holds a message: O(leases), for operators.
local function leaseOf(id)
  local leases = call('ZRANGE', kLeases, 0, -1)
  for i = 1, #leases do
    if call('SISMEMBER', leasePrefix .. leases[i], id) == 1 then return leases[i] end
  end
  return nil
end

-- Drops dead letters that are older than the retention, and the oldest beyond the maximum.
local function trimDead(retention, max)
  local old = call('ZRANGEBYSCORE', kDead, '-inf', now - retention, 'LIMIT', 0, PASS)
  local surplus = call('ZCARD', kDead) - #old - max
  if surplus > 0 then
    old = call('ZRANGE', kDead, 0, math.min(PASS, #old + surplus) - 1)
  end
  if #old > 0 then
    call('ZREM', kDead, unpack(old))
    call('HDEL', kDeadRecords, unpack(old))
  end
end
