-- Dead letters.
--   KEYS     those of the queue
--   ARGV[2]  retention   ARGV[3]  how many are kept
--   ARGV[4]  'requeue' or 'delete'   ARGV[5]  the id, empty for the oldest   ARGV[6]  how many of the oldest
-- Returns how many were found.
trimDead(tonumber(ARGV[2]), tonumber(ARGV[3]))
local ids
if ARGV[5] ~= '' then
  ids = call('ZSCORE', kDead, ARGV[5]) and { ARGV[5] } or {}
else
  ids = call('ZRANGE', kDead, 0, tonumber(ARGV[6]) - 1)
end
for i = 1, #ids do
  local id = ids[i]
  if ARGV[4] == 'requeue' then
    local stored = call('HGET', kDeadRecords, id)
    local length = struct.unpack('>I4', stored)
    local record = string.sub(stored, 5 + length)
    -- It does not take its name again, which may be another's by now.
    local flags = string.byte(record, 1) or 0
    if math.floor(flags / 4) % 2 == 0 then flags = flags + 4 end
    call('HSET', kRecords, id, string.char(flags) .. string.sub(record, 2))
    call('RPUSH', kReady, id)
  end
  call('ZREM', kDead, id)
  call('HDEL', kDeadRecords, id)
end
if ARGV[4] == 'requeue' and #ids > 0 then wakeOne() end
return #ids
