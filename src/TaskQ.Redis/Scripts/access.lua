-- Tries every command that the scripts use, and leaves nothing behind.
--   KEYS     a hash, a list, a set, a sorted set, a string and a channel that no queue has
-- Returns { seconds and microseconds of the server's clock, then the names of the commands that its user may not run }
-- What is refused for another reason, such as a want of memory, is no matter of rights.
local hash, list, set, zset, text, channel = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local trials = {
  { 'TIME' }, { 'PUBLISH', channel, '' }, { 'EXISTS', text }, { 'GET', text }, { 'SET', text, '', 'XX' },
  { 'SETNX', text, '' }, { 'SETRANGE', text, '0', '' }, { 'DEL', text }, { 'INCR', text },
  { 'HSET', hash, 'a', '1' }, { 'HINCRBY', hash, 'a', '1' }, { 'HGET', hash, 'a' }, { 'HMGET', hash, 'a' }, { 'HEXISTS', hash, 'a' }, { 'HLEN', hash },
  { 'HSTRLEN', hash, 'a' }, { 'HDEL', hash, 'a' },
  { 'RPUSH', list, 'a' }, { 'LPUSH', list, 'a' }, { 'LLEN', list }, { 'LPOS', list, 'b' }, { 'LRANGE', list, '0', '0' },
  { 'LREM', list, '1', 'a' }, { 'LPOP', list, '1' },
  { 'SADD', set, 'a' }, { 'SISMEMBER', set, 'a' }, { 'SMISMEMBER', set, 'a' }, { 'SREM', set, 'a' },
  { 'ZADD', zset, 'XX', '1', 'a' }, { 'ZCARD', zset }, { 'ZCOUNT', zset, '0', '1' }, { 'ZRANGE', zset, '0', '1' },
  { 'ZRANGEBYSCORE', zset, '0', '1' }, { 'ZRANK', zset, 'a' }, { 'ZSCORE', zset, 'a' }, { 'ZREM', zset, 'a' },
  { 'ZREMRANGEBYRANK', zset, '0', '0' },
  { 'DEL', text }, { 'UNLINK', hash, list, set, text },
}

local function isRefused(reply)
  local message = type(reply) == 'table' and reply.err
  return message and (string.find(message, 'user executing the script', 1, true)
    or string.find(message, 'ACL failure', 1, true) or string.find(message, 'NOPERM', 1, true))
end

local time = redis.pcall('TIME')
local refused = { time[1] or '', time[2] or '' }
for _, trial in ipairs(trials) do
  if isRefused(redis.pcall(unpack(trial))) then refused[#refused + 1] = string.lower(trial[1]) end
end
return refused
