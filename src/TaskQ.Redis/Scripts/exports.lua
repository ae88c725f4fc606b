-- Ends the function that shared.lua is in scripts that need it only at times.
return {
  now = now, wake = wake, delay = delay, wakeFilled = wakeFilled, forget = forget,
  listFor = listFor, pushBack = pushBack, pushFront = pushFront, move = move, dropStale = dropStale, sweep = sweep,
  inFlight = inFlight,
  rateBacklog = rateBacklog, ratePermits = ratePermits, rateWait = rateWait, keepBacklog = keepBacklog, trimDead = trimDead, addGeneration = addGeneration, dropNames = dropNames,
  hasReaped = function() return hasReaped end,
}
