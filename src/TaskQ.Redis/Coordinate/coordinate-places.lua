-- Finds under which ids messages stand in their store.
--   ARGV[2]  ids, 16 bytes each
-- Returns the ids in the store, in their order.
local ids, areReplaced = {}, hasPlaces()
for at = 1, #ARGV[2], 16 do
  local id = sub(ARGV[2], at, at + 15)
  local place = areReplaced and placeOf(id)
  ids[#ids + 1] = place and place.current or id
end
return table.concat(ids)
