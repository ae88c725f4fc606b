-- Ids and records inline in the list; a hash per fetched batch.
local ids, n = {}, #ARGV
for i = 1, n, 2 do ids[#ids + 1] = ARGV[i] .. ARGV[i + 1] end
redis.call('RPUSH', KEYS[2], unpack(ids))
return #ids
-- step
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local max, lease, duration = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local refused = {}
if #ARGV > 3 then
  local held = KEYS[4] .. ARGV[4]
  local gone = redis.call('HDEL', held, unpack(ARGV, 5))
  if gone == #ARGV - 4 and redis.call('EXISTS', held) == 0 then redis.call('ZREM', KEYS[3], ARGV[4]) end
end
redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 100)
local records = redis.call('LPOP', KEYS[2], max)
if not records or #records == 0 then return { {}, {}, refused } end
local fields, ids = {}, {}
for i = 1, #records do
  ids[i] = string.sub(records[i], 1, 16)
  fields[2 * i - 1] = ids[i]; fields[2 * i] = records[i]
end
redis.call('HSET', KEYS[4] .. lease, unpack(fields))
redis.call('ZADD', KEYS[3], now + duration, lease)
return { ids, records, refused }
