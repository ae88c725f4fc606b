-- Ids in a list, records in a hash, a set of ids per fetched batch.
local ids, n = {}, #ARGV
for i = 1, n, 2 do ids[#ids + 1] = ARGV[i] end
redis.call('HSET', KEYS[1], unpack(ARGV))
redis.call('RPUSH', KEYS[2], unpack(ids))
return #ids
-- step
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local max, lease, duration = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local refused = {}
if #ARGV > 3 then
  local held = KEYS[4] .. ARGV[4]
  local is = redis.call('SMISMEMBER', held, unpack(ARGV, 5))
  local kept = {}
  for i = 1, #is do
    if is[i] == 1 then kept[#kept + 1] = ARGV[i + 4] else refused[#refused + 1] = i - 1 end
  end
  if #kept > 0 then
    redis.call('SREM', held, unpack(kept))
    redis.call('HDEL', KEYS[1], unpack(kept))
    if redis.call('EXISTS', held) == 0 then redis.call('ZREM', KEYS[3], ARGV[4]) end
  end
end
redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 100)
local ids = redis.call('LPOP', KEYS[2], max)
if not ids or #ids == 0 then return { {}, {}, refused } end
redis.call('SADD', KEYS[4] .. lease, unpack(ids))
redis.call('ZADD', KEYS[3], now + duration, lease)
return { ids, redis.call('HMGET', KEYS[1], unpack(ids)), refused }
