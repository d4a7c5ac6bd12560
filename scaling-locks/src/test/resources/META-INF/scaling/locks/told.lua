-- The clock of a test, in place of now.lua: a key that the test sets.
--
-- KEYS     none of its own
-- ARGV     none of its own
-- returns  nothing: defines nowMicros(), the microseconds that the key 'clock' holds
-- time     O(1)
-- source   SimulationIT

local function nowMicros()
  return tonumber(redis.call('GET', 'clock'))
end

