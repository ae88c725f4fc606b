-- Stands between shared.lua and the scripts of operators.
-- It begins with a write that frees nothing and takes nothing: a server that is out of memory refuses a script at its
-- first write that may need memory, and what frees memory must go on then.
call('ZREM', kLeases, '')

-- What time has brought: as much as one pass takes.
local function tend()
  reap()
  promote()
  local names = call('GET', root .. 'm')
  if names and struct.unpack('>d', names) <= now then dropNames(PASS) end
  wakeFilled()
end

-- Whether a message that has a record and is not delayed is in flight. It is in a lease or in a list: looks through
-- what is faster to look through. A list takes about a 70th of the time for each element.
local function isInFlight(id)
  if call('LLEN', kReady) + call('LLEN', kSuspects) < 70 * call('ZCARD', kLeases) then
    return not call('LPOS', kReady, id) and not call('LPOS', kSuspects, id)
  end
  return leaseOf(id) ~= nil
end

-- The rank of the oldest dead letter that counts: those that are too old, or too many, are trimmed bit by bit, and are
-- gone for whoever looks.
local function firstDead(retention, max)
  return math.max(0, call('ZCOUNT', kDead, '-inf', now - retention), call('ZCARD', kDead) - max)
end
