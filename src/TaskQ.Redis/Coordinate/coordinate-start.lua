-- Starts messages within the limits, or looks how many could start.
--   ARGV[2]  the lease   ARGV[3]  its duration   ARGV[4]  worker limit, 0 for none
--   ARGV[5]  time between two permits of the rate limit, 0 for none   ARGV[6]  its burst   ARGV[7]  ids
-- Returns { how many may start, how many more could, 1 when paused, time until the next can or -1, the ids that are cancelled,
--           the ids that were replaced, ids that stand in the place of others and behind each the id it goes by }
local lease, ids = ARGV[2], ARGV[7]
local limit, interval, burst = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
reap()

local isPaused = call('EXISTS', root .. 'h') == 1
local slots = limit > 0 and limit - call('HLEN', kFlights) or 1000000

local backlog, permits = 0, 1000000
if interval > 0 then
  backlog = rateBacklog(root .. 'g', now)
  permits = math.max(0, ratePermits(backlog, interval, burst))
end

local hasCancelled, areReplaced = call('EXISTS', kCancelled) == 1, hasPlaces()
local granted, taken, goesOn, cancelled, started, replaced, places = 0, 0, not isPaused, {}, {}, {}, {}
for at = 1, #ids, 16 do
  local stored = sub(ids, at, at + 15)
  local id, place = stored, nil
  if areReplaced then
    id = call('GET', root .. 'a:' .. stored) or stored
    place = placeOf(id)
  end

  -- One that is being stored counts when it starts first.
  local isNext = place and place.next == stored and place.patience > now and not place.started
  if place and place.current ~= stored and not isNext then
    replaced[#replaced + 1] = stored
  elseif hasCancelled and isCancelled(id) then
    if isNext then
      -- Whoever cancelled meant the one in its place.
      replaced[#replaced + 1] = stored
    else
      cancelled[#cancelled + 1] = stored
      if id ~= stored then places[#places + 1] = stored .. id end
      if place then
        place.started = true
        putPlace(id, place)
      end
    end
  else
    if id ~= stored then places[#places + 1] = stored .. id end
    local holder = call('HGET', kFlights, id)
    if holder == lease then
      -- The reply to the first call was lost.
      granted = granted + 1
    elseif goesOn and permits > taken and (holder or slots > 0) then
      if not holder then slots = slots - 1 end
      granted, taken = granted + 1, taken + 1
      started[#started + 1] = id
      call('HSET', kFlights, id, lease)
      startName(id)
      if place then
        place.current, place.started, place.patience = stored, true, 0
        putPlace(id, place)
      end
    else
      goesOn = false
    end
  end
end

if #started > 0 then
  call('SET', root .. 't:' .. lease, (call('GET', root .. 't:' .. lease) or '') .. table.concat(started))
  call('ZADD', kEnds, now + tonumber(ARGV[3]), lease)
  if interval > 0 then
    backlog = backlog + interval * taken
    keepBacklog(root .. 'g', now, backlog)
  end
end

local free, wait = isPaused and 0 or math.max(0, math.min(slots, permits - taken)), -1
if free == 0 and not isPaused then
  if slots < 1 then
    local ends = call('ZRANGE', kEnds, '0', '0', 'WITHSCORES')[2]
    if ends then wait = math.max(0, tonumber(ends) - now) end
  else
    wait = math.max(0, rateWait(backlog, interval, burst))
  end
end
return { granted, free, isPaused and 1 or 0, string.format('%.0f', wait), table.concat(cancelled), table.concat(replaced),
  table.concat(places) }
