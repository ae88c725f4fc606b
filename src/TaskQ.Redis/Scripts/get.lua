-- Finds messages by id.
--   ARGV[2]  retention of dead letters   ARGV[3]  how many are kept
--   ARGV[4]  'G' for one id in ARGV[5], or a state to list: 'R' ready, 'D' delayed, 'F' in flight, 'X' dead
--   ARGV[5]  for a list: how many to skip   ARGV[6]  for a list: how many to look at
-- Returns { now, id, state, record (a dead letter's with its death), attempts, due time or empty, id, ... }
reap()
promote()
trimDead(tonumber(ARGV[2]), tonumber(ARGV[3]))
local what = ARGV[4]
local found = { text(now) }

local function show(id, state, record, due)
  if not record then return end
  for _, value in ipairs({ id, state, record, call('HGET', kAttempts, id) or '', due or '' }) do
    found[#found + 1] = value
  end
end

local function showDead(id)
  show(id, 'X', call('HGET', kDeadRecords, id), call('ZSCORE', kDead, id))
end

local function inFlightIds()
  local leases, ids = call('ZRANGE', kLeases, 0, -1), {}
  table.sort(leases)
  for i = 1, #leases do
    local value = call('GET', leasePrefix .. leases[i]) or ''
    for index = 0, #value / 17 - 1 do
      if byte(value, index + 1) == 49 then ids[#ids + 1] = idIn(value, index) end
    end
  end
  return ids
end

if what == 'G' then
  local id = ARGV[5]
  local record = call('HGET', kRecords, id)
  if record then
    local due = call('ZSCORE', kDelayed, id)
    show(id, due and 'D' or leaseOf(id) and 'F' or 'R', record, due)
  else
    showDead(id)
  end
  return found
end

local first, count = tonumber(ARGV[5]), tonumber(ARGV[6])
local last = first + count - 1
if what == 'D' then
  local page = call('ZRANGE', kDelayed, first, last, 'WITHSCORES')
  for i = 1, #page, 2 do show(page[i], 'D', call('HGET', kRecords, page[i]), page[i + 1]) end
elseif what == 'X' then
  local page = call('ZRANGE', kDead, first, last)
  for i = 1, #page do showDead(page[i]) end
elseif what == 'F' then
  local ids = inFlightIds()
  for i = first + 1, math.min(#ids, last + 1) do show(ids[i], 'F', call('HGET', kRecords, ids[i])) end
else
  local page = call('LRANGE', kReady, first, last)
  local skipped = math.max(0, first - call('LLEN', kReady))
  if #page < count then
    local more = call('LRANGE', kSuspects, skipped, skipped + count - #page - 1)
    for i = 1, #more do page[#page + 1] = more[i] end
  end
  for i = 1, #page do
    -- A stale entry is shown if there is another one of its message; the client shows a message once.
    if call('SISMEMBER', kStale, page[i]) == 0 or not call('ZSCORE', kDelayed, page[i]) then
      show(page[i], 'R', call('HGET', kRecords, page[i]))
    end
  end
end
return found
