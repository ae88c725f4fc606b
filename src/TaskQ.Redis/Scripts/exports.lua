-- Ends the function that shared.lua is in scripts that need it only at times.
return {
  forget = forget, freeName = freeName, hasFlag = hasFlag, inFlight = inFlight, leaseOf = leaseOf, move = move, dropStale = dropStale,
  place = place, pushFront = pushFront, sweep = sweep, trimDead = trimDead, wake = wake,
  wakeFilled = wakeFilled, now = now, hasReaped = function() return hasReaped end,
}
