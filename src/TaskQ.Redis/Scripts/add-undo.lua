-- A function of add.lua: undoes what a call did before it was refused in the middle, for want of a right or of memory, so that
-- nothing stays behind: neither a name without its message, a message without a place, nor the call's number, with which a
-- repetition would be taken for done.
--   refusal  what the server said
--   taken    lists of names that may have been taken
--   stored   lists of ids and records that may have been stored
local root = string.sub(KEYS[1], 1, -2)
redis.pcall('DEL', root .. 'p:' .. ARGV[3])
for i = 1, #taken do
  redis.pcall('HDEL', root .. 'q', unpack(taken[i]))
  redis.pcall('HDEL', root .. 'v', unpack(taken[i]))
end
for i = 1, #stored do
  for j = 1, #stored[i], 2 do
    redis.pcall('HDEL', KEYS[1], stored[i][j])
    redis.pcall('ZREM', root .. 'd', stored[i][j])
    -- At the tail, if at all.
    if redis.pcall('LPOS', root .. 'r', stored[i][j], 'RANK', '-1', 'MAXLEN', '1000') then
      redis.pcall('LREM', root .. 'r', '-1', stored[i][j])
    end
  end
end
-- A table, which servers from 7.0 on raise, has the server's own words.
if type(refusal) == 'table' then return refusal end
error(refusal)
