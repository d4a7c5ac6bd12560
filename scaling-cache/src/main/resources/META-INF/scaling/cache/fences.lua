-- Functions on fences, put in front of the scripts that write a cell.
--
-- A cell that is fenced holds 'SC1F' and then, for each writer inside, 24 bytes: the 16 of its id and
-- the moment its fence ends, a big-endian double of milliseconds of this server's clock. A set, and not
-- one fence: a writer must neither replace nor lift the fence of another (protocol K4 in docs/cache.md).
--
-- KEYS     none of its own
-- ARGV     none of its own
-- returns  nothing: defines nowMillis() and liveFences(cell, now, id)
-- time     O(writers inside)
-- source   docs/cache.md, protocol K4

local function nowMillis()
  local clock = redis.call('TIME')
  return clock[1] * 1000 + math.floor(clock[2] / 1000)
end

-- The longest fence is 10 minutes. An end beyond an hour is none that a writer wrote, and as a time to
-- live it might be refused: the cell could then not even be invalidated.
local LONGEST_MILLIS = 3600000

-- How many writers may be inside at once. A longer cell is none that fence.lua wrote, and to read it would
-- hold up the server.
local MOST_FENCES = 1000
local FENCE_BYTES = 24

-- Returns the fences other than id's that have not ended, when the last of them ends, and whether id's
-- own is live.
local function liveFences(cell, now, id)
  local others, latest, own = {}, 0, false
  if type(cell) ~= 'string' or string.sub(cell, 1, 4) ~= 'SC1F' or #cell > 4 + MOST_FENCES * FENCE_BYTES then
    return '', latest, own
  end
  for at = 5, #cell - 23, FENCE_BYTES do
    local ends = struct.unpack('>d', string.sub(cell, at + 16, at + 23))
    if ends > now and ends - now <= LONGEST_MILLIS then
      if string.sub(cell, at, at + 15) == id then
        own = true
      else
        others[#others + 1] = string.sub(cell, at, at + 23)
        latest = math.max(latest, ends)
      end
    end
  end
  return table.concat(others), latest, own
end

