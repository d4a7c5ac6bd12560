-- Takes the lease of a cell whatever it holds, value or lease, and tells every instance to drop its
-- copy. While a writer is inside a fence nothing is taken, since which of the two is newer cannot be
-- told.
--
-- KEYS[1]  the cell
-- ARGV[1]  token of the lease             16 bytes
-- ARGV[2]  length of the lease: milliseconds   integer > 0
-- ARGV[3]  channel of the instances
-- ARGV[4]  name of the cell in messages
--
-- returns  {1 if the lease was taken, 0 if the cell is fenced}
-- time     O(writers inside)
-- source   docs/cache.md, protocol M

local others = liveFences(redis.pcall('GET', KEYS[1]), nowMillis(), '')

if others == '' then
  redis.call('SET', KEYS[1], 'SC1L0' .. ARGV[1], 'PX', ARGV[2])
end
redis.call('PUBLISH', ARGV[3], 'I' .. struct.pack('>I4', #ARGV[4]) .. ARGV[4])

return {others == '' and 1 or 0}
