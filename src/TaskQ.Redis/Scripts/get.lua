-- Finds messages.
--   ARGV[2]  retention of dead letters   ARGV[3]  how many are kept
--   ARGV[4]  what, and then:
--     'G', id                              one message
--     'R', 'D' or 'X', skip, count         a page of those that are ready, delayed, or dead
--     'L', end, count                      a page of leases that run out at an end or later
--     'F', leases                          those in flight that these leases hold
-- A page ends early when its records are large.
-- Returns { now, how many of the page or of the leases it has looked at, then
--   per message: id, state, record (a dead letter's with its death), attempts, due time or empty
--   per lease: id, end }
tend()
local retention, max = tonumber(ARGV[2]), tonumber(ARGV[3])
trimDead(retention, max)
local what = ARGV[4]
local found = { text(now), 0 }
local bytes = 0

local function show(id, state, record, due)
  if not record then return end
  bytes = bytes + #record
  for _, value in ipairs({ id, state, record, call('HGET', kAttempts, id) or '', due or '' }) do
    found[#found + 1] = value
  end
end

local function showDead(id)
  show(id, 'X', call('HGET', kDeadRecords, id), call('ZSCORE', kDead, id))
end

-- Shows a page's ids until they are too many bytes; what has no record is passed over.
local function showAll(ids, showOne)
  for i = 1, #ids do
    if bytes >= BYTES then return end
    showOne(ids[i])
    found[2] = found[2] + 1
  end
end

if what == 'G' then
  local id = ARGV[5]
  local record = call('HGET', kRecords, id)
  if record then
    local due = call('ZSCORE', kDelayed, id)
    show(id, due and 'D' or isInFlight(id) and 'F' or 'R', record, due)
  elseif (call('ZRANK', kDead, id) or -1) >= firstDead(retention, max) then
    showDead(id)
  end
elseif what == 'F' then
  for i = 5, #ARGV do
    if bytes >= BYTES or #found > 5 * PASS then break end
    local ids = idsIn(call('GET', leasePrefix .. ARGV[i]))
    for j = 1, #ids do show(ids[j], 'F', call('HGET', kRecords, ids[j])) end
    found[2] = found[2] + 1
  end
elseif what == 'L' then
  local page = call('ZRANGEBYSCORE', kLeases, ARGV[5], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[6])
  for i = 1, #page do found[#found + 1] = page[i] end
  found[2] = #page / 2
else
  local first, count = tonumber(ARGV[5]), tonumber(ARGV[6])
  if what == 'D' then
    showAll(call('ZRANGE', kDelayed, first, first + count - 1), function(id)
      show(id, 'D', call('HGET', kRecords, id), call('ZSCORE', kDelayed, id))
    end)
  elseif what == 'X' then
    first = first + firstDead(retention, max)
    showAll(call('ZRANGE', kDead, first, first + count - 1), showDead)
  else
    local page = call('LRANGE', kReady, first, first + count - 1)
    if #page < count then
      local skipped = math.max(0, first - call('LLEN', kReady))
      local more = call('LRANGE', kSuspects, skipped, skipped + count - #page - 1)
      for i = 1, #more do page[#page + 1] = more[i] end
    end
    showAll(page, function(id)
      -- A stale entry is shown if there is another one of its message; the client shows a message once.
      if call('SISMEMBER', kStale, id) == 0 or not call('ZSCORE', kDelayed, id) then show(id, 'R', call('HGET', kRecords, id)) end
    end)
  end
end
return found
