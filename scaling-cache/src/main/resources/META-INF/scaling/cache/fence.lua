-- Puts up a writer's fence, or makes it last longer. A fenced cell holds no value and takes none.
--
-- KEYS[1]  the cell
-- ARGV[1]  the writer's id                                                        16 bytes
-- ARGV[2]  length of the fence: milliseconds                                      integer > 0
-- ARGV[3]  '1' to put it up and tell every instance, '0' to renew a live one
-- ARGV[4]  channel of the instances
-- ARGV[5]  name of the cell in messages
--
-- returns  {1 if the fence stands, 0 if it was to be renewed and had ended, or if there is no room for it}
-- time     O(writers inside)
-- source   docs/cache.md, protocol K4

local now = nowMillis()
local others, latest, own = liveFences(redis.pcall('GET', KEYS[1]), now, ARGV[1])

if (ARGV[3] == '0' and not own) or #others >= MOST_FENCES * FENCE_BYTES then
  return {0}
end

local ends = now + ARGV[2]
local cell = 'SC1F' .. others .. ARGV[1] .. struct.pack('>d', ends)
redis.call('SET', KEYS[1], cell, 'PX', math.ceil(math.max(latest, ends) - now))
if ARGV[3] == '1' then
  redis.call('PUBLISH', ARGV[4], 'I' .. struct.pack('>I4', #ARGV[5]) .. ARGV[5])
end

return {1}
