-- A function of add.lua: undoes what a call did before it was refused in the middle, for want of a right or of memory, so that
-- nothing stays behind: neither a name without its message, a message without a place, nor the call's number, with which a
-- repetition would be taken for done.
--   refusal  what the server said
--   count    the names of so many of the messages, from the first one on, are this call's, and so are the keys of names in 'taken'
--   stored   lists of ids and records that may have been stored
local root, names = string.sub(KEYS[1], 1, -2), taken or {}
for i = 1, count do
  if string.byte(ARGV[7 + i], 1) % 2 == 1 then names[#names + 1] = root .. 'u:' .. string.sub(ARGV[7 + i], 2, 17) end
end
redis.pcall('DEL', root .. 'p:' .. ARGV[3], unpack(names))
for i = 1, stored and #stored or 0 do
  for j = 1, #stored[i], 2 do
    redis.pcall('HDEL', KEYS[1], stored[i][j])
    redis.pcall('ZREM', root .. 'd', stored[i][j])
    redis.pcall('LREM', root .. 'r', '-1', stored[i][j])
  end
end
-- A table, which servers from 7.0 on raise, has the server's own words.
if type(refusal) == 'table' then return refusal end
error(refusal)
