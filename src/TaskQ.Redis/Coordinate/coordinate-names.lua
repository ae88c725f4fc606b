-- Takes, confirms or frees names.
--   ARGV[2]  'take', 'keep' or 'free'   ARGV[3]  for 'take': how long a name is kept that is not confirmed
--   ARGV[4]  claims, 41 bytes each: id, name, 1 byte flags (1 it lasts until its message ends), its window as a double
-- Returns for 'take' who holds each name, 17 bytes each: id and '1' when it is confirmed, else '0'.
local what, claims = ARGV[2], ARGV[4]
local holders = {}
for at = 1, #claims, 41 do
  local id, name = sub(claims, at, at + 15), sub(claims, at + 16, at + 31)
  local flags, window = struct.unpack('>Bd', claims, at + 32)
  local holder, held = holderOf(name)
  if what == 'take' then
    if not holder then
      local ends = now + tonumber(ARGV[3])
      putName(name, id, flags, ends)
      putNameOf(id, name, ends)
      holder, held = id, 0
    end
    holders[#holders + 1] = holder .. (isConfirmed(held) and '1' or '0')
  elseif what == 'keep' and (not holder or holder == id) then
    -- A message may start, and even end, before it is known to be stored.
    local hasEnded = call('GET', root .. 'i:' .. id) == ''
    local started = hasEnded or (holder and hasStarted(held))
    if hasEnded then call('DEL', root .. 'i:' .. id) end
    if not (hasEnded and lasts(flags)) then
      local ends = now + window
      if started and lasts(flags) then ends = math.max(ends, now + 3153600000000000) end
      putName(name, id, flags + (started and 6 or 2), ends)
      if not hasEnded then putNameOf(id, name, ends) end
    end
  elseif what == 'free' and holder == id and not isConfirmed(held) then
    call('DEL', root .. 'u:' .. name, root .. 'i:' .. id)
  end
end
return table.concat(holders)
