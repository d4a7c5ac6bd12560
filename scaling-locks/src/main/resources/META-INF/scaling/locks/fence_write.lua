-- Runs the user's script, unless the fencing token is older than one seen of the resource. Check and
-- write are one script, so nobody gets between them.
--
-- The user's text stands above this one, as function write(KEYS, ARGV), which so sees its own alone.
--
-- KEYS[1]  the greatest token seen: decimal digits; expires once nobody has asked for the retention
-- KEYS[2…] the keys of the user's script
-- ARGV[1]  the token                                                    integer in [1, 2^63)
-- ARGV[2]  the retention: milliseconds                                  integer > 0
-- ARGV[3…] the arguments of the user's script
--
-- returns  {1, what the user's script returned} if it ran, else {0, the greatest token seen}
-- time     that of the user's script
-- source   docs/fencing.md

local function from(first, list)
  local rest = {}
  for i = first, #list do
    rest[#rest + 1] = list[i]
  end
  return rest
end

local greater, failure = fence(KEYS[1], ARGV[1], ARGV[2])
if failure then
  return failure
end
if greater then
  return {0, greater}
end
local reply = write(from(2, KEYS), from(3, ARGV))
if type(reply) == 'table' and reply.err then
  return reply
end
return {1, reply}
