-- Names. It stands before add.lua, which finds and takes them, and shared.lua, which frees them.
-- A name that lasts until its message ends is a field of the hash 'q': name -> id. A name that is taken for a window is a field
-- of the hash of its generation, 'u:<generation>': name -> id, and its end as a double. A generation is a span of time, no longer
-- than the windows of its names, in which they end; when it is over the hash goes as a whole. The sorted set 'm' has the
-- generations by their ends.

-- The time in microseconds since 1970: the queue's own clock, or the server's.
local function timeNow()
  local now = tonumber(ARGV[1])
  if now then return now end
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- Drops the generations that are over.
local function dropNames(root, now)
  local over = redis.call('ZRANGEBYSCORE', root .. 'm', '-inf', now, 'LIMIT', '0', '10')
  for i = 1, #over do
    redis.call('UNLINK', root .. 'u:' .. over[i])
    redis.call('ZREM', root .. 'm', over[i])
  end
end

-- Who holds names. Returns name -> { id, end, hash }, without the last two for a name that lasts until its message ends, or nil
-- when none of the names is held; and the generations that are not over, as a set.
local function findNames(names, now)
  local root = string.sub(KEYS[1], 1, -2)
  local held, live = nil, {}
  local values = redis.call('HMGET', root .. 'q', unpack(names))
  for i = 1, #names do
    if values[i] then
      held = held or {}
      held[names[i]] = { values[i] }
    end
  end

  local generations = redis.call('ZRANGE', root .. 'm', '0', '-1', 'WITHSCORES')
  if generations[2] and tonumber(generations[2]) <= now then
    dropNames(root, now)
    generations = redis.call('ZRANGE', root .. 'm', '0', '-1', 'WITHSCORES')
  end
  for at = 1, #generations, 2 do
    live[generations[at]] = true
    local hash = root .. 'u:' .. generations[at]
    values = redis.call('HMGET', hash, unpack(names))
    for i = 1, #names do
      local ends = values[i] and struct.unpack('>d', values[i], 17)
      if ends and ends > now then
        held = held or {}
        held[names[i]] = { string.sub(values[i], 1, 16), ends, hash }
      end
    end
  end
  return held, live
end

-- Where a name goes, and what stands behind the id there: nothing when it lasts until its message ends.
local function openNames(isUnique, now, window, live)
  local root = string.sub(KEYS[1], 1, -2)
  if isUnique then return root .. 'q', '' end
  -- The largest power of two that the window has room for, from a second on, so that there are few generations at a time.
  local _, exponent = math.frexp(math.max(1048576, window))
  local length = math.ldexp(1, exponent - 1)
  local number = math.floor((now + window) / length)
  local generation = exponent .. ':' .. string.format('%.0f', number)
  if not live[generation] then
    redis.call('ZADD', root .. 'm', (number + 1) * length, generation)
    live[generation] = true
  end
  return root .. 'u:' .. generation, struct.pack('>d', now + window)
end
