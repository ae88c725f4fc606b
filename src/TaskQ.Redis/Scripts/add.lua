-- Stores messages: each with its name or not at all.
--   KEYS     those of the queue
--   ARGV[2]  '1' when this call was sent before, else '0'
--   ARGV[3]  the lane of the producer, which has one call on its way at a time   ARGV[4]  the number of the call in it
--   ARGV[5]  how many messages are plain: without a name, due at once
--   then per plain message   id, record
--   then per other message   id, record, delay (empty for none), due time (empty to go by the delay),
--                            name (empty for none), window, kind of name ('U' or 'W'), '1' to replace a pending one,
--                            '1' when it may be stored already
-- Returns, for each of the other messages, the id that holds its name, or an empty text when it was added.
local isRepeated = ARGV[2] == '1'
local lane, number = lanePrefix .. ARGV[3], tonumber(ARGV[4])
local plain = tonumber(ARGV[5])
local argument = 6

-- A call whose reply was lost, or that comes late, must store nothing again, even if its messages are completed by now.
local done = call('GET', lane)
if done then
  local colon = string.find(done, ':', 1, true)
  if tonumber(string.sub(done, 1, colon - 1)) >= number then
    return cmsgpack.unpack(string.sub(done, colon + 1))
  end
end

-- What is refused in the middle, for want of a right, must leave nothing behind: no name, no record without a place.
local stored, taken = {}, {}
local function undo()
  for i = 1, #stored do
    for j = 1, #stored[i] do
      redis.pcall('LREM', kReady, -1, stored[i][j])
      redis.pcall('ZREM', kDelayed, stored[i][j])
      redis.pcall('HDEL', kRecords, stored[i][j])
    end
  end
  for i = 1, #taken do redis.pcall('DEL', namePrefix .. taken[i]) end
end
local function add()
  local wasEmpty = call('LLEN', kReady) == 0

  local function isStored(id)
    return call('HEXISTS', kRecords, id) == 1 or call('ZSCORE', kDead, id)
  end

  if plain > 0 then
    local last = argument + 2 * plain - 1
    local ids = {}
    if isRepeated then
      for i = argument, last, 2 do
        if not isStored(ARGV[i]) then
          ids[#ids + 1] = ARGV[i]
          stored[1] = ids
          call('HSET', kRecords, ARGV[i], ARGV[i + 1])
        end
      end
    else
      for i = argument, last, 2 do
        ids[#ids + 1] = ARGV[i]
      end
      stored[1] = ids
      call('HSET', kRecords, unpack(ARGV, argument, last))
    end
    if #ids > 0 then
      call('RPUSH', kReady, unpack(ids))
    end
    argument = last + 1
  end

  local results = {}
  local purges = argument <= #ARGV and call('HGET', kState, 'purges') or '0'

  -- A message is pending while it has never started: it waits, and no attempt of it is counted.
  local function isPending(id, record)
    return record and not hasFlag(record, 4) and not call('HGET', kAttempts, id) and not leaseOf(id)
  end

  local function dueOf(delay, due)
    if due ~= '' then return tonumber(due) end
    if delay ~= '' then return now + tonumber(delay) end
    return now
  end

  -- Moves a message that waits; what is ready and stays so keeps its turn. It goes only from where it is in the other place.
  local function move(id, due)
    if call('ZSCORE', kDelayed, id) then
      place(id, due, 0)
      if due <= now then call('ZREM', kDelayed, id) end
    elseif due > now then
      place(id, due, 0)
      call('LREM', kReady, 1, id)
    end
  end

  -- What is due at once goes in together.
  local fields, ids = {}, {}
  local function flush()
    if #ids == 0 then return end
    stored[#stored + 1] = ids
    call('HSET', kRecords, unpack(fields))
    call('RPUSH', kReady, unpack(ids))
    fields, ids = {}, {}
  end

  local function store(id, record, due)
    if due <= now then
      fields[#fields + 1] = id
      fields[#fields + 1] = record
      ids[#ids + 1] = id
    else
      stored[#stored + 1] = { id }
      call('HSET', kRecords, id, record)
      place(id, due, 0)
    end
  end

  local function replace(id, kind, ends, name, record, due, window)
    local old = call('HGET', kRecords, id)
    if not isPending(id, old) then return end
    -- The name goes on belonging to the message in the way in which it was taken.
    call('HSET', kRecords, id, string.char(1 + (kind == 'U' and 2 or 0)) .. string.sub(record, 2))
    move(id, due)
    if now + window > ends then takeName(name, id, kind, window, purges) end
  end

  while argument <= #ARGV do
    local id, record, delay, due = ARGV[argument], ARGV[argument + 1], ARGV[argument + 2], ARGV[argument + 3]
    local name, window, kind = ARGV[argument + 4], tonumber(ARGV[argument + 5]), ARGV[argument + 6]
    local replaces, mayBeStored = ARGV[argument + 7] == '1', isRepeated or ARGV[argument + 8] == '1'
    argument = argument + 9
    due = dueOf(delay, due)

    local isTaken, holder, holderKind, ends = false, nil, nil, nil
    if name ~= '' then
      isTaken = not mayBeStored and takeName(name, id, kind, window, purges, true)
      if isTaken then
        taken[#taken + 1] = name
      else
        holder, holderKind, ends = holderOf(name)
      end
    end

    if holder and holder ~= id then
      if replaces then
        flush()
        replace(holder, holderKind, ends, name, record, due, window)
      end
      results[#results + 1] = holder
    else
      if not holder and not (mayBeStored and isStored(id)) then
        if name ~= '' and not isTaken then
          takeName(name, id, kind, window, purges)
          taken[#taken + 1] = name
        end
        store(id, record, due)
      end
      results[#results + 1] = ''
    end
  end
  flush()

  -- For longer than a producer tries again.
  call('SET', lane, ARGV[4] .. ':' .. cmsgpack.pack(results), 'PX', '600000')

  if wasEmpty and call('LLEN', kReady) > 0 then
    wakeOne()
  end
  return results
end

local succeeded, result = pcall(add)
if succeeded then return result end
undo()
-- In the server's own words, whose first one clients go by.
return { err = type(result) == 'table' and result.err or result }
