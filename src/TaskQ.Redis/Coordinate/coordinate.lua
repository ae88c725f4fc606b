-- Stands before the other scripts of the companion store. What it reads:
--   KEYS[1]  a key of the companion; its others differ in the end. See protocol.md.
--   ARGV[1]  the time in microseconds since 1970, empty for the server's own clock
local call, sub = redis.call, string.sub
local root = sub(KEYS[1], 1, -2)
local kFlights, kEnds, kCancelled, kStopping = root .. 'f', root .. 'e', root .. 'c', root .. 'z'

-- A server that is out of memory refuses a script at its first write that may need some; what frees memory must go on then.
call('ZREM', kEnds, '')

-- How long a name that lasts until its message ends is kept after the message's lease ran out: an hour.
local GRACE = 3600000000

local now = tonumber(ARGV[1])
if not now then
  local time = call('TIME')
  now = time[1] * 1000000 + time[2]
end

local generation = tonumber(call('GET', root .. 'n') or '0')

local function milliseconds(span)
  return string.format('%.0f', math.max(1, math.ceil(span / 1000)))
end

-- A name's value: 16 bytes id, 1 byte flags (1 it lasts until its message ends, 2 it is confirmed, 4 its message has started), purges before
-- it, its end.
local function putName(name, id, flags, ends)
  call('SET', root .. 'u:' .. name, id .. struct.pack('>Bdd', flags, generation, ends), 'PX', milliseconds(ends - now))
end

-- The name of a message that holds one. Empty: the message ended before its name was confirmed.
local function putNameOf(id, name, ends)
  call('SET', root .. 'i:' .. id, name, 'PX', milliseconds(ends - now))
end

local function lasts(flags) return flags % 2 == 1 end
local function isConfirmed(flags) return flags % 4 >= 2 end
local function hasStarted(flags) return flags >= 4 end

-- Who holds a name: id, flags and end; nil when it is free.
local function holderOf(name)
  local value = call('GET', root .. 'u:' .. name)
  if not value then return nil end
  local flags, purges, ends = struct.unpack('>Bdd', value, 17)
  if ends <= now or (lasts(flags) and purges ~= generation) then return nil end
  return sub(value, 1, 16), flags, ends
end

-- The name that a message holds, its flags and its end.
local function nameOf(id)
  local name = call('GET', root .. 'i:' .. id)
  if not name or name == '' then return nil end
  local holder, flags, ends = holderOf(name)
  if holder == id then return name, flags, ends end
end

-- Sets the end of the name that lasts until a message ends.
local function endNameAt(id, ends)
  local name, flags = nameOf(id)
  if not name or not lasts(flags) then return end
  putName(name, id, flags, ends)
  putNameOf(id, name, ends)
end

-- A message starts: it can't be replaced any more, and its name lasts until it ends.
local function startName(id)
  local name, flags, ends = nameOf(id)
  if not name then return end
  if lasts(flags) then ends = now + 3153600000000000 end
  if not hasStarted(flags) then flags = flags + 4 end
  putName(name, id, flags, ends)
  putNameOf(id, name, ends)
end

-- A message ends: the name that lasts until then is free.
local function freeName(id)
  local name, flags, ends = nameOf(id)
  if name and lasts(flags) then call('DEL', root .. 'u:' .. name) end
  if name and not isConfirmed(flags) then putNameOf(id, '', ends) else call('DEL', root .. 'i:' .. id) end
end

-- Where a message stands that others have replaced: the id in its store, 16 bytes; the id of one that is being stored in its place; 1 byte, 1
-- once it has started; until when that one is waited for; until when all this is kept.
local function placeOf(id)
  local value = call('GET', root .. 'v:' .. id)
  if not value then return nil end
  local started, patience, keep = struct.unpack('>Bdd', value, 33)
  return { current = sub(value, 1, 16), next = sub(value, 17, 32), started = started == 1, patience = patience, keep = keep }
end

local function putPlace(id, place)
  local expiry = milliseconds(place.keep - now)
  local value = place.current .. place.next .. struct.pack('>Bdd', place.started and 1 or 0, place.patience, place.keep)
  call('SET', root .. 'v:' .. id, value, 'PX', expiry)
  if place.current ~= id then call('SET', root .. 'a:' .. place.current, id, 'PX', expiry) end
  if place.patience > now then call('SET', root .. 'a:' .. place.next, id, 'PX', expiry) end
  if (tonumber(call('GET', root .. 'v') or '0')) < place.keep then
    call('SET', root .. 'v', string.format('%.0f', place.keep), 'PX', expiry)
  end
end

-- Whether there are messages that were replaced.
local function hasPlaces() return call('EXISTS', root .. 'v') == 1 end

local function isCancelled(id)
  return (tonumber(call('ZSCORE', kCancelled, id) or '0')) > now
end

-- The ids under a lease, those included that have ended or were started again under another one.
local function idsOf(lease)
  local value, ids = call('GET', root .. 't:' .. lease) or '', {}
  for at = 1, #value, 16 do ids[#ids + 1] = sub(value, at, at + 15) end
  return ids
end

-- The lease under which a dead letter was left: see coordinate-bury.lua.
local function leaseOfLetter(death)
  return sub(death, -16)
end

-- Ends leases that ran out, as many as are cheap; the next call goes on.
local function reap()
  local leases, done = call('ZRANGEBYSCORE', kEnds, '-inf', now, 'LIMIT', 0, 50), 0
  for i = 1, #leases do
    local ids = idsOf(leases[i])
    for j = 1, #ids do
      if call('HGET', kFlights, ids[j]) == leases[i] then
        call('HDEL', kFlights, ids[j])
        call('ZREM', kStopping, ids[j])
        endNameAt(ids[j], now + GRACE)
      end
    end
    call('DEL', root .. 't:' .. leases[i])
    call('ZREM', kEnds, leases[i])
    done = done + #ids
    if done > 150 then return end
  end
end
