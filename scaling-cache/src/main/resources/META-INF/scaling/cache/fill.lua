-- Replaces load leases by what was loaded, but only those that are still the caller's: an invalidation
-- in between has taken the lease away, and what was loaded may be old.
--
-- KEYS[i]       a cell
-- ARGV[1]       channel on which those who wait for a lease are woken
-- ARGV[4i - 2]  token of the lease of cell i                                           16 bytes
-- ARGV[4i - 1]  time to live: milliseconds; 0 gives the lease back and stores nothing  integer >= 0
-- ARGV[4i]      the new content of cell i; with a time to live of 0 'N' if those who wait could store nothing
--               either, else ''
-- ARGV[4i + 1]  name of cell i in messages
--
-- returns  for each cell 1 if the lease was the caller's, else 0
-- time     O(cells)
-- source   docs/cache.md, protocol D

local reply = {}

for i, key in ipairs(KEYS) do
  local token, ttl, content, name = unpack(ARGV, 4 * i - 2, 4 * i + 1)
  local cell = redis.pcall('GET', key)
  local mine = type(cell) == 'string'
    and string.sub(cell, 1, 4) == 'SC1L'
    and string.sub(cell, 6) == token
  reply[i] = mine and 1 or 0
  if mine then
    if ttl == '0' then
      redis.call('DEL', key)
    else
      redis.call('SET', key, content, 'PX', ttl)
    end
    if string.sub(cell, 5, 5) == '1' then
      local kind = ttl == '0' and content == 'N' and 'N' or 'W'
      redis.call('PUBLISH', ARGV[1], kind .. struct.pack('>I4', #name) .. name)
    end
  end
end

return reply
