-- Stores messages: each with its name or not at all.
--   ARGV[2]  '1' when this call was sent before, else '0'
--   ARGV[3]  the lane of the producer, which has one call on its way at a time   ARGV[4]  the number of the call in it, 16 digits
--   ARGV[5]  'PX' when the lane must be kept for longer, else 'KEEPTTL'
--   ARGV[6]  ids, 16 bytes each
--   ARGV[7]  heads, 17 bytes each, or one for all:
--            1 byte flags: 1 it has a delay, 2 it has a due time, 4 its name lasts until it ends, 8 it replaces a pending
--            one, 16 it may be stored already, 32 its id is taken beside its name, for an hour; then delay or due time, and
--            window of the name, as doubles
--   then the records
-- Returns duplicates: the number of the message, from 0, and the id that holds its name; and so on. Nil when there is none.
-- This is the hot path: messages that are due at once and whose names are free. add-each.lua, the function 'each', does all
-- other calls. Both know names by the functions of names.lua; add-undo.lua, the function 'undo', undoes what was refused.
local kRecords, root = KEYS[1], string.sub(KEYS[1], 1, -2)
local call, sub, byte = redis.call, string.sub, string.byte
local lane, ids, heads = root .. 'p:' .. ARGV[3], ARGV[6], ARGV[7]

-- A call whose reply was lost, or that comes late, must store nothing again, even if its messages are completed by now.
-- The lane is known for 10 minutes after the last call that arrived; a producer gives up within one, unless its options say otherwise.
local done
if ARGV[5] == 'PX' then
  done = call('SET', lane, ARGV[4], 'GET', 'PX', '600000')
else
  done = call('SET', lane, ARGV[4], 'GET', 'KEEPTTL')
  if not done then call('SET', lane, ARGV[4], 'PX', '600000') end
end
if done and sub(done, 1, 16) >= ARGV[4] then
  call('SET', lane, done, 'PX', '600000')
  return #done > 16 and cmsgpack.unpack(sub(done, 17))
end

-- Lists of names, and lists of ids and records: what is undone when the call is refused in the middle.
local taken, stored = {}, {}

local function add()
  local flags, window = byte(heads, 1), struct.unpack('>d', sub(heads, 10))
  if ARGV[2] == '1' or #heads > 17 or (flags ~= 0 and flags ~= 4) then return each(taken, stored) end

  local count, names, fields, ready = #ids / 16, {}, {}, {}
  for i = 1, count do
    local id, record = sub(ids, 16 * i - 15, 16 * i), ARGV[7 + i]
    ready[i], fields[2 * i - 1], fields[2 * i] = id, id, record
    if window > 0 then names[i] = sub(record, 2, 17) end
  end

  if window > 0 then
    local now = timeNow()
    local held = findNames(names, now)
    if held then return each(taken, stored, now, held) end
    local generation, value = openNames(flags == 4, now, window)
    local holders = {}
    for i = 1, count do holders[2 * i - 1], holders[2 * i] = names[i], ready[i] .. value end
    taken[1] = names
    if putNames(generation, names, holders) < count then
      -- A name comes twice in this call, or one that has ended was there still.
      call('HDEL', root .. (flags == 4 and 'q' or 'v'), unpack(names))
      return each(taken, stored, now, {})
    end
  end

  stored[1] = fields
  call('HSET', kRecords, unpack(fields))
  if call('RPUSH', root .. 'r', unpack(ready)) == count then call('PUBLISH', root .. 'w', 'w') end
end

local isDone, reply = pcall(add)
if isDone then
  for i = 8, #ARGV do
    -- As in add-plain.lua.
    if #ARGV[i] > 2048 then
      call('SET', root .. 'z', '')
      break
    end
  end
  return reply
end
return undo(reply, taken, stored)
