-- The rate limit of a queue: the generic cell rate algorithm (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm). What is
-- kept is the theoretical arrival time of the next permit; here it is a backlog, counted from now on so that it stays exact.

-- How far the arrival time lies ahead.
local function rateBacklog(key, now)
  return math.max(0, tonumber(redis.call('GET', key) or '0') - now)
end

-- How many permits there are; not above 0 when there is none.
local function ratePermits(backlog, interval, burst)
  return math.floor((interval * burst - backlog) / interval + 0.5 / interval)
end

-- How long until there is one again.
local function rateWait(backlog, interval, burst)
  return math.ceil(backlog + interval - interval * burst)
end

-- Keeps a backlog for a little longer than it lasts.
local function keepBacklog(key, now, backlog)
  redis.call('SET', key, string.format('%.17g', now + backlog), 'PX', string.format('%.0f', math.ceil(backlog / 1000) + 1000))
end
