-- Finds messages.
--   ARGV[2]  retention of dead letters   ARGV[3]  how many are kept
--   ARGV[4]  what, and then:
--     'G', id, from                        one message; where to look on, empty at first
--     'R', 'D' or 'X', skip, count         a page of those that are ready, delayed, or dead
--     'L', end, count                      a page of leases that run out at an end or later
--     'F', leases                          those in flight that these leases hold
-- A page ends early when its records are large.
-- Returns { now, how many of the page or of the leases it has looked at, then
--   per message: id, state, record, attempts or a dead letter's death, due time or empty
--   per lease: id, end }
-- For one message { now, -1, where to look on } when there is more to look through.
local retention, max = tonumber(ARGV[2]), tonumber(ARGV[3])
local what = ARGV[4]
if what ~= 'G' or ARGV[6] == '' then
  tend()
  trimDead(retention, max)
end
local found = { text(now), 0 }
local bytes = 0

local function show(id, state, record, due)
  if not record then return end
  bytes = bytes + #record
  local past = call('HGET', state == 'X' and kDeaths or kAttempts, id)
  for _, value in ipairs({ id, state, record, past or '', due or '' }) do
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
  if call('HEXISTS', kRecords, id) == 1 then
    local due, isHeld, further = call('ZSCORE', kDelayed, id), false, nil
    if not due then isHeld, further = isInFlight(id, ARGV[6]) end
    if further then return { text(now), -1, further } end
    show(id, due and 'D' or isHeld and 'F' or 'R', call('HGET', kRecords, id), due)
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
    local function mayBeStale(id)
      return call('HEXISTS', kStale, staleIn(kReady, id)) == 1 or call('HEXISTS', kStale, staleIn(kSuspects, id)) == 1
    end
    showAll(page, function(id)
      -- A stale entry is shown if there is another one of its message; the client shows a message once.
      if not mayBeStale(id) or not call('ZSCORE', kDelayed, id) then show(id, 'R', call('HGET', kRecords, id)) end
    end)
  end
end
return found
