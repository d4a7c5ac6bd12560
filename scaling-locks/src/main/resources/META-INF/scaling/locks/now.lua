-- The server's clock, put in front of the scripts that need it. Tests put another in its place.
--
-- KEYS     none of its own
-- ARGV     none of its own
-- returns  nothing: defines nowMicros(), the microseconds since the epoch
-- time     O(1)
-- source   docs/locks.md

local function nowMicros()
  local clock = redis.call('TIME')
  return clock[1] * 1000000 + clock[2]
end

