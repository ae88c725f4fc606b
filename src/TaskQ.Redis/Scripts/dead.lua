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
    local record = call('HGET', kDeadRecords, id)
    if record then
      bytes = bytes + #record
      -- It does not take its name again, which may be another's by now. While the name is still its own nothing replaces it.
      local name = not hasFlag(record, 2) and nameOf(record)
      local holder = name and call('HGET', root .. 'v', name)
      if holder and #holder == 24 and sub(holder, 1, 16) == id then call('HSET', root .. 'v', name, holder .. '1') end
      call('HSET', kRecords, id, record)
      -- As in add-plain.lua.
      if #record > 2048 then call('SET', root .. 'z', '') end
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
  call('HDEL', kDeaths, unpack(ids, 1, done))
end
wakeFilled()
return done
