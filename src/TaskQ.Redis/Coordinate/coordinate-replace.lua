-- Replaces a message that holds a name and waits by one that is stored under an id of its own.
--   ARGV[2]  'begin', 'keep' or 'free'   ARGV[3]  the id of the message   ARGV[4]  the id in its place   ARGV[5]  the name
--   ARGV[6]  how long the name is taken   ARGV[7]  for 'begin': how long it is waited for that the other one is stored
--   ARGV[8]  how long a store keeps a message that is due
-- Returns 'open', 'done', 'late' or 'again'.
local what, id, other, name = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local window, patience, retention = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
reap()

local holder, flags, ends = holderOf(name)
local place = placeOf(id)
if place and place.current == other then return 'done' end
if (place and place.started) or call('HGET', kFlights, id) or isCancelled(id) or (holder == id and hasStarted(flags)) then return 'late' end

local isWaitedFor = place and place.patience > now
if what == 'begin' then
  if holder ~= id or (isWaitedFor and place.next ~= other) then return 'again' end
  place = place or { current = id, started = false, keep = 0 }
  place.next, place.patience = other, now + patience
  place.keep = math.max(place.keep, math.max(ends, now + window) + retention)
  putPlace(id, place)
  return 'open'
end

if not isWaitedFor or place.next ~= other then return 'again' end
place.patience = 0
if what == 'keep' then
  place.current = other
  if holder == id and ends < now + window then
    putName(name, id, flags, now + window)
    putNameOf(id, name, now + window)
  end
end
putPlace(id, place)
return what == 'keep' and 'done' or 'late'
