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
      putName(name, id, flags, now + tonumber(ARGV[3]))
      holder, held = id, 0
    end
    holders[#holders + 1] = holder .. (held >= 2 and '1' or '0')
  elseif what == 'keep' and (not holder or holder == id) then
    putName(name, id, flags + 2, now + window)
    if flags == 1 then call('SET', root .. 'i:' .. id, name, 'PX', milliseconds(window)) end
  elseif what == 'free' and holder == id and held < 2 then
    call('DEL', root .. 'u:' .. name)
  end
end
return table.concat(holders)
