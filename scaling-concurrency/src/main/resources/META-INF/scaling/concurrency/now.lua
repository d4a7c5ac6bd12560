-- The server's clock, put in front of the scripts that need it. Tests put another in its place, which
-- takes the time from the last argument.
--
-- KEYS     none of its own
-- ARGV     none of its own
-- returns  nothing: defines nowMicros(), the microseconds since the start of 2026
-- time     O(1)
-- source   docs/rate-limiter.md

local function nowMicros()
  local clock = redis.call('TIME')
  return (clock[1] - 1767225600) * 1000000 + clock[2]
end

