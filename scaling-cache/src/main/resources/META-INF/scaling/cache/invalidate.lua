-- Drops what cells hold, value or lease, and tells every instance. Live fences stay: they belong to
-- writers who are still inside.
--
-- KEYS[i]      a cell
-- ARGV[1]      channel of the instances
-- ARGV[1 + i]  name of cell i in messages
--
-- returns  {how many instances heard it from this node}
-- time     O(cells)
-- source   docs/cache.md, protocols D and L

local now = nowMillis()
local message = 'I'

for i, key in ipairs(KEYS) do
  local others, latest = liveFences(redis.pcall('GET', key), now, '')
  if others == '' then
    redis.call('DEL', key)
  else
    redis.call('SET', key, 'SC1F' .. others, 'PX', math.ceil(latest - now))
  end
  message = message .. struct.pack('>I4', #ARGV[1 + i]) .. ARGV[1 + i]
end

return {redis.call('PUBLISH', ARGV[1], message)}
