-- A server's clock that a test can set, in place of now.lua.
--
-- KEYS     none of its own; reads 'nemesis:clock', by how many microseconds it is wrong
-- ARGV     none of its own
-- returns  nothing: defines nowMicros(), as now.lua does
-- time     O(1)
-- source   docs/locks.md

local function nowMicros()
  local clock = redis.call('TIME')
  return clock[1] * 1000000 + clock[2] + (tonumber(redis.call('GET', 'nemesis:clock') or 0))
end
