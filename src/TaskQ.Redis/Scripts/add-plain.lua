-- Stores messages without names that are due at once, the first time that they are sent: the short way of add.lua, which
-- needs neither the time nor shared.lua.
--   KEYS[1]  the key of the queue's records
--   ARGV[1]  the lane of the producer   ARGV[2]  the number of the call in it, 16 digits
--   ARGV[3]  'PX' when the lane must be kept for longer, else 'KEEPTTL'
--   ARGV[4]  ids, 16 bytes each
--   then the records
local kRecords, root = KEYS[1], string.sub(KEYS[1], 1, -2)
local lane = root .. 'p:' .. ARGV[1]
local done
if ARGV[3] == 'PX' then
  done = redis.call('SET', lane, ARGV[2], 'GET', 'PX', '600000')
else
  done = redis.call('SET', lane, ARGV[2], 'GET', 'KEEPTTL')
  if not done then redis.call('SET', lane, ARGV[2], 'PX', '600000') end
end
if done and string.sub(done, 1, 16) >= ARGV[2] then
  -- It comes after its own repetition.
  redis.call('SET', lane, done, 'PX', '600000')
  return
end

-- What is refused in the middle leaves nothing behind: no record without a place, and no number with which a repetition would
-- be taken for done.
local function refuse(reply, ...)
  if ... then redis.pcall('HDEL', kRecords, ...) end
  redis.call('DEL', lane)
  return reply
end

-- Fetches look at the length of each message while there may be some as long as this: see exchange.lua.
local LARGE = 2048

local count, reply, hasLarge = #ARGV - 4, nil, false
if count == 1 then
  hasLarge = #ARGV[5] > LARGE
  reply = redis.pcall('HSET', kRecords, ARGV[4], ARGV[5])
  if type(reply) ~= 'number' then return refuse(reply) end
  reply = redis.pcall('RPUSH', root .. 'r', ARGV[4])
  if type(reply) ~= 'number' then return refuse(reply, ARGV[4]) end
else
  local ids, fields = {}, {}
  for i = 1, count do
    local id, record = string.sub(ARGV[4], 16 * i - 15, 16 * i), ARGV[i + 4]
    ids[i], fields[2 * i - 1], fields[2 * i] = id, id, record
    if #record > LARGE then hasLarge = true end
  end
  reply = redis.pcall('HSET', kRecords, unpack(fields))
  if type(reply) ~= 'number' then return refuse(reply) end
  reply = redis.pcall('RPUSH', root .. 'r', unpack(ids))
  if type(reply) ~= 'number' then return refuse(reply, unpack(ids)) end
end
if hasLarge then redis.call('SET', root .. 'z', '') end
if reply == count then redis.call('PUBLISH', root .. 'w', 'w') end
