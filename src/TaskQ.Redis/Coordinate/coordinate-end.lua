-- Ends messages.
--   ARGV[2]  messages, 41 bytes each: lease, id, '1' when it left the queue for good, else '0', and as a double how long
--            the name that lasts until its end is kept at most, -1 to leave that as it is
local ended, areReplaced = ARGV[2], hasPlaces()
for at = 1, #ended, 41 do
  local lease, id = sub(ended, at, at + 15), sub(ended, at + 16, at + 31)
  local holder = call('HGET', kFlights, id)
  if holder == lease then
    call('HDEL', kFlights, id)
    call('ZREM', kStopping, id)
  end
  if sub(ended, at + 32, at + 32) == '1' then
    freeName(id)
    call('ZREM', kCancelled, id)
    -- A dead letter of it that an earlier lease left: see coordinate-bury.lua. A lease that does not hold it any more may end late,
    -- when it was requeued and has died again: that letter stays.
    if holder == lease and call('ZSCORE', root .. 'x', id) then
      local death = call('HGET', root .. 't', id)
      if not death or leaseOfLetter(death) ~= lease then
        call('ZREM', root .. 'x', id)
        call('HDEL', root .. 'y', id)
        call('HDEL', root .. 't', id)
      end
    end
  elseif not holder or holder == lease then
    local patience = struct.unpack('>d', ended, at + 33)
    if patience >= 0 then
      endNameAt(id, now + patience)
      local place = areReplaced and placeOf(id)
      if place and place.keep < now + patience then
        place.keep = now + patience
        putPlace(id, place)
      end
    end
  end
end
