-- Stores messages without names that are due at once, the first time that they are sent: the short way of add.lua, which
-- needs neither the time nor shared.lua.
--   KEYS[1]  the key of the queue's records
--   ARGV[1]  the lane of the producer   ARGV[2]  the number of the call in it, 16 digits
--   ARGV[3]  ids, 16 bytes each
--   then the records
local kRecords, root = KEYS[1], string.sub(KEYS[1], 1, -2)
local lane = root .. 'p:' .. ARGV[1]
local done = redis.call('SET', lane, ARGV[2], 'PX', '600000', 'GET')
if done and string.sub(done, 1, 16) >= ARGV[2] then
  -- It comes after its own repetition.
  redis.call('SET', lane, done, 'PX', '600000')
  return
end

local ids, fields = {}, {}
for i = 1, #ARGV - 3 do
  local id = string.sub(ARGV[3], 16 * i - 15, 16 * i)
  ids[i], fields[2 * i - 1], fields[2 * i] = id, id, ARGV[i + 3]
end

-- What is refused in the middle leaves nothing behind: no record without a place, and no number with which a repetition would
-- be taken for done.
local reply = redis.pcall('HSET', kRecords, unpack(fields))
if type(reply) == 'number' then
  reply = redis.pcall('RPUSH', root .. 'r', unpack(ids))
  if type(reply) ~= 'number' then redis.pcall('HDEL', kRecords, unpack(ids)) end
end
if type(reply) ~= 'number' then
  redis.call('DEL', lane)
  return reply
end
if reply == #ids then redis.call('PUBLISH', root .. 'w', 'w') end
