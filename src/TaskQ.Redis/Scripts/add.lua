-- Stores messages: each with its name or not at all.
--   ARGV[2]  '1' when this call was sent before, else '0'
--   ARGV[3]  the lane of the producer, which has one call on its way at a time   ARGV[4]  the number of the call in it, 16 digits
--   ARGV[5]  'PX' when the lane must be kept for longer, else 'KEEPTTL'
--   ARGV[6]  ids, 16 bytes each
--   ARGV[7]  heads, 17 bytes each, or one for all:
--            1 byte flags: 1 it has a delay, 2 it has a due time, 4 its name lasts until it ends, 8 it replaces a pending
--            one, 16 it may be stored already; then delay or due time, and window of the name, as doubles
--   then the records
-- Returns duplicates: the number of the message, from 0, and the id that holds its name; and so on. Nil when there is none.
-- This is the hot path: messages that are due at once and whose names are free. add-each.lua, the function 'each', does the
-- rest of a call from the first message on that is another case.
local kRecords, root = KEYS[1], string.sub(KEYS[1], 1, -2)
local call, try, sub, byte = redis.call, redis.pcall, string.sub, string.byte
local lane, ids, heads = root .. 'p:' .. ARGV[3], ARGV[6], ARGV[7]

-- A call whose reply was lost, or that comes late, must store nothing again, even if its messages are completed by now.
-- The lane is known for longer than a producer tries again.
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

local fields, ready = {}, {}
local flags, window = byte(heads, 1), struct.unpack('>d', sub(heads, 10))
if ARGV[2] == '1' or #heads > 17 or (flags ~= 0 and flags ~= 4) then return each(1, fields, ready) end

-- A name's value: the id of who holds it; 'U' and the purges that it has survived when it lasts until its message ends; with a
-- clock other than the server's, its end. add-each.lua reads and writes it too.
local prefix, milliseconds = root .. 'u:', string.format('%.0f', math.max(1, math.ceil(window / 1000)))
local suffix = flags == 4 and 'U' .. (call('GET', root .. 'n') or '0') or ''
if ARGV[1] ~= '' then suffix = suffix .. ':' .. string.format('%.0f', ARGV[1] + window) end

local count = #ids / 16
for i = 1, count do
  local id, record = sub(ids, 16 * i - 15, 16 * i), ARGV[7 + i]
  if window > 0 then
    local reply = try('SET', prefix .. sub(record, 2, 17), suffix == '' and id or id .. suffix, 'PX', milliseconds, 'NX')
    if not reply then return each(i, fields, ready) end
    if reply.err then return undo(reply, i - 1) end
  end
  ready[i], fields[2 * i - 1], fields[2 * i] = id, id, record
end

local reply = try('HSET', kRecords, unpack(fields))
if type(reply) ~= 'number' then return undo(reply, count) end
reply = try('RPUSH', root .. 'r', unpack(ready))
if type(reply) ~= 'number' then return undo(reply, count, { fields }) end
if reply == count then call('PUBLISH', root .. 'w', 'w') end
