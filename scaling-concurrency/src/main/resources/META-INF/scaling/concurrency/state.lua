-- The state of a key of a rate limiter, put in front of the scripts that use it.
--
-- It is 'SR1', then for each limit the 4 bytes of its id and a little-endian double, its microseconds a
-- permit, and then for each limit a double, its theoretical arrival time (TAT): how far the permits taken
-- so far reach into the future. All times are multiples of 1/64 microsecond, so that sums and differences
-- of doubles are exact. Ids and microseconds together are the layout.
--
-- KEYS     none of its own
-- ARGV     none of its own
-- returns  nothing: defines readState(state, layout, limits, now), which returns the TATs that are known,
--          and writeState(key, layout, tats, now), which keeps them for as long as they count
-- time     O(limits), or its square if the limits have changed
-- source   docs/rate-limiter.md

-- Limits are known by their ids: what was taken from one stays taken, at its new price of a permit.
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

local function readState(state, layout, limits, now)
  if not state then
    return {}
  end
  if #state ~= 3 + 20 * limits or string.sub(state, 1, 3 + 12 * limits) ~= 'SR1' .. layout then
    return carriedOver(state, layout, now)
  end
  local tats = {}
  for i = 1, limits do
    tats[i] = struct.unpack('<d', state, 12 * limits + 8 * i - 4)
  end
  return tats
end

local function writeState(key, layout, tats, now)
  local latest, packed = now, {}
  for i = 1, #tats do
    latest = math.max(latest, tats[i])
    packed[i] = struct.pack('<d', tats[i])
  end
  redis.call('SET', key, 'SR1' .. layout .. table.concat(packed), 'PX', math.ceil((latest - now) / 1000))
end
