-- Accepts or refuses a fencing token for a resource.
--
-- KEYS[1]  the greatest token seen: decimal digits; expires once nobody has asked for the retention
-- ARGV[1]  the token                                                    integer in [1, 2^63)
-- ARGV[2]  the retention: milliseconds                                  integer > 0
--
-- returns  {} if it is accepted, else {the greatest token seen}
-- time     O(1)
-- source   docs/fencing.md

local greater, failure = fence(KEYS[1], ARGV[1], ARGV[2])
return failure or {greater}
