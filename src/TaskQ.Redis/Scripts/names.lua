-- Stands before add.lua, which takes names. They are freed and dropped by shared.lua.
-- A name that lasts until its message ends is a field of the hash 'q': name -> id. A name that is taken for a window is a field
-- of the hash 'v': name -> id, and its end as a double, and a byte more when its message was dead since and no longer speaks for
-- its name; who comes drops those that have ended. They are found by their
-- generation, a span of time in which names end: the list 'u:<generation>' has names of it. A generation is 9 bytes: a power of
-- two, which is its length in microseconds, and how many of its length came before, as a double. The string 'm' has the
-- earliest end of a generation, as a double, and then the generations.

-- The queue's own clock, or the server's, in microseconds since 1970.
local function timeNow()
  local now = tonumber(ARGV[1])
  if now then return now end
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- Who holds names: name -> { id, end, whether it was dead }, without an end for a name that lasts until its message ends, or nil
-- when all are free.
local function findNames(names, now)
  local root, held = string.sub(KEYS[1], 1, -2), nil
  local generations = redis.call('GET', root .. 'm')
  if generations and struct.unpack('>d', generations) <= now then shared().dropNames(2 * #names) end
  if redis.call('EXISTS', root .. 'q') == 1 then
    local ids = redis.call('HMGET', root .. 'q', unpack(names))
    for i = 1, #names do
      if ids[i] then
        held = held or {}
        held[names[i]] = { ids[i] }
      end
    end
  end

  local values = redis.call('HMGET', root .. 'v', unpack(names))
  for i = 1, #names do
    local ends = values[i] and struct.unpack('>d', values[i], 17)
    if ends and ends > now then
      held = held or {}
      held[names[i]] = { string.sub(values[i], 1, 16), ends, #values[i] > 24 }
    end
  end
  return held
end

-- The generation of names that are taken for a window, and what stands behind the id of a holder; for names that last until
-- their message ends nothing.
local function openNames(isUnique, now, window)
  if isUnique then return '', '' end
  -- No longer than a quarter of the window, from a second on: there are few generations at a time, and names go soon.
  local _, exponent = math.frexp(math.max(4194304, window))
  return struct.pack('>Bd', exponent - 3, math.floor(math.ldexp(now + window, 3 - exponent))), struct.pack('>d', now + window)
end

-- Takes names that are free; 'holders' has each one and its value. Returns how many there were not.
local function putNames(generation, names, holders)
  local root = string.sub(KEYS[1], 1, -2)
  if generation == '' then return redis.call('HSET', root .. 'q', unpack(holders)) end
  local added = redis.call('HSET', root .. 'v', unpack(holders))
  if redis.call('RPUSH', root .. 'u:' .. generation, unpack(names)) == #names then shared().addGeneration(generation) end
  return added
end
