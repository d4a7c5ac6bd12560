-- Lifts a writer's own fence, drops whatever else the cell holds but other writers' fences, and tells
-- every instance.
--
-- KEYS[1]  the cell
-- ARGV[1]  the writer's id               16 bytes
-- ARGV[2]  channel of the instances
-- ARGV[3]  name of the cell in messages
--
-- returns  {1 if the fence stood until now, 0 if it had ended before}
-- time     O(writers inside)
-- source   docs/cache.md, protocol K4

local now = nowMillis()
local others, latest, own = liveFences(redis.pcall('GET', KEYS[1]), now, ARGV[1])

if others == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], 'SC1F' .. others, 'PX', math.ceil(latest - now))
end
redis.call('PUBLISH', ARGV[2], 'I' .. struct.pack('>I4', #ARGV[3]) .. ARGV[3])

return {own and 1 or 0}
