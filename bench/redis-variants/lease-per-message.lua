-- Ids in a list, records in a hash, one sorted-set entry per leased message (design model D).
redis.replicate_commands()
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
  local kept = {}
  for i = 5, #ARGV do
    if redis.call('ZREM', KEYS[3], ARGV[i] .. ARGV[4]) == 1 then kept[#kept + 1] = ARGV[i] else refused[#refused + 1] = i - 5 end
  end
  if #kept > 0 then redis.call('HDEL', KEYS[1], unpack(kept)) end
end
redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 100)
local ids = redis.call('LPOP', KEYS[2], max)
if not ids or #ids == 0 then return { {}, {}, refused } end
local scored = {}
for i = 1, #ids do scored[2 * i - 1] = now + duration; scored[2 * i] = ids[i] .. lease end
redis.call('ZADD', KEYS[3], unpack(scored))
return { ids, redis.call('HMGET', KEYS[1], unpack(ids)), refused }
