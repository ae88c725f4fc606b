-- Ids in a list, records in a hash, a string per fetched batch that holds its ids one after the other.
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
  local ids = redis.call('GET', held) or ''
  local done = table.concat(ARGV, '', 5)
  if ids == done then
    redis.call('DEL', held)
    redis.call('ZREM', KEYS[3], ARGV[4])
    redis.call('HDEL', KEYS[1], unpack(ARGV, 5))
  else
    return redis.error_reply('not needed here')
  end
end
redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 100)
local ids = redis.call('LPOP', KEYS[2], max)
if not ids or #ids == 0 then return { {}, {}, refused } end
redis.call('SET', KEYS[4] .. lease, table.concat(ids))
redis.call('ZADD', KEYS[3], now + duration, lease)
return { ids, redis.call('HMGET', KEYS[1], unpack(ids)), refused }
