-- Makes load leases last longer, those that are still the caller's.
--
-- KEYS[i]      a cell
-- ARGV[1]      length of a lease from now on: milliseconds   integer > 0
-- ARGV[1 + i]  token of the lease of cell i                  16 bytes
--
-- returns  for each cell 1 if the lease was the caller's, else 0
-- time     O(cells)
-- source   docs/cache.md, protocol D

local reply = {}

for i, key in ipairs(KEYS) do
  local cell = redis.pcall('GET', key)
  local mine = type(cell) == 'string'
    and string.sub(cell, 1, 4) == 'SC1L'
    and string.sub(cell, 6) == ARGV[1 + i]
  reply[i] = mine and redis.call('PEXPIRE', key, ARGV[1]) or 0
end

return reply
