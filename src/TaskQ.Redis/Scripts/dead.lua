-- Dead letters.
--   ARGV[2]  retention   ARGV[3]  how many are kept
--   ARGV[4]  'requeue' or 'delete'   ARGV[5]  the id, empty for the oldest   ARGV[6]  how many of the oldest
--   ARGV[7]  when the one with the id died, empty for whenever
-- Returns how many it has dealt with: fewer of the oldest when they are large, none when there are none.
local retention, max = tonumber(ARGV[2]), tonumber(ARGV[3])
trimDead(retention, max)
local first = firstDead(retention, max)
local ids
if ARGV[5] ~= '' then
  ids = (call('ZRANK', kDead, ARGV[5]) or -1) >= first and { ARGV[5] } or {}
  if ids[1] and ARGV[7] ~= '' and tonumber(call('ZSCORE', kDead, ARGV[5])) ~= tonumber(ARGV[7]) then ids = {} end
else
  ids = call('ZRANGE', kDead, first, first + tonumber(ARGV[6]) - 1)
end

local done, bytes = 0, 0
for i = 1, #ids do
  if bytes >= BYTES then break end
  local id = ids[i]
  if ARGV[4] == 'requeue' then
    local stored = call('HGET', kDeadRecords, id)
    if stored then
      bytes = bytes + #stored
      local length = struct.unpack('>I4', stored)
      -- It does not take its name again, which may be another's by now.
      local flags = string.byte(stored, 5 + length) or 0
      if math.floor(flags / 4) % 2 == 0 then flags = flags + 4 end
      call('HSET', kRecords, id, string.char(flags) .. string.sub(stored, 6 + length))
      pushBack(kReady, { id })
    end
  else
    bytes = bytes + call('HSTRLEN', kDeadRecords, id) / FREED
  end
  done = done + 1
end
if done > 0 then
  call('ZREM', kDead, unpack(ids, 1, done))
  call('HDEL', kDeadRecords, unpack(ids, 1, done))
end
wakeFilled()
return done
