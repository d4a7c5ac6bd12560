-- What happens to the state of a key when the limits of a limiter change, put in front of the scripts
-- that read it.
--
-- KEYS     none of its own
-- ARGV     none of its own
-- returns  nothing: defines carriedOver(state, layout, now)
-- time     O(limits squared)

-- Returns the TATs of a layout's limits, as far as the state of another layout has them. A limit is known
-- by its id; what was taken from it stays taken, at the new price of a permit.
local function carriedOver(state, layout, now)
  local tats = {}
  local limits = (#state - 3) / 20
  if string.sub(state, 1, 3) ~= 'SR1' or limits ~= math.floor(limits) then
    return tats
  end
  for i = 1, #layout / 12 do
    local period = struct.unpack('<d', layout, 12 * i - 7)
    for k = 1, limits do
      if string.sub(state, 12 * k - 8, 12 * k - 5) == string.sub(layout, 12 * i - 11, 12 * i - 8) then
        local old = struct.unpack('<d', state, 12 * k - 4)
        local tat = struct.unpack('<d', state, 12 * limits + 8 * k - 4)
        if old > 0 and tat > now and tat < now + 1e15 then
          tats[i] = now + math.ceil((tat - now) * period / old * 64) / 64
        end
      end
    end
  end
  return tats
end

