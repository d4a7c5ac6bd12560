-- Takes the load lease of cells that hold nothing, and tells what the other cells hold.
--
-- A lease is the string 'SC1L', a flag ('1' once somebody waits for it, else '0') and the 16 bytes of its
-- token, which is unique to one load. What merely begins like a lease or a fence counts as nothing.
--
-- KEYS[i]      a cell
-- ARGV[1]      length of a lease: milliseconds                                         integer > 0
-- ARGV[2i]     token for the lease of cell i                                           16 bytes
-- ARGV[2i + 1] SHA-1 of what the caller has read from cell i and cannot use: the lease may replace that and
--              no other value                                               40 hexadecimal digits, or ''
--
-- returns  for each cell two elements: {1, ''} the lease is the caller's; {2, cell} it holds a value;
--          {3, milliseconds} another's lease, and how long it lasts; {4, ''} fenced; {5, ''} not a string
-- time     O(cells)
-- source   leases: Nishtala and others, Scaling Memcache at Facebook, NSDI 2013, section 3.2.1

local LEASE_BYTES = 21
local LONGEST_LEASE_MILLIS = 60000

local reply = {}

local function answer(state, detail)
  reply[#reply + 1] = state
  reply[#reply + 1] = detail
end

for i, key in ipairs(KEYS) do
  local token, unusable = ARGV[2 * i], ARGV[2 * i + 1]
  local cell = redis.pcall('GET', key)
  local kind = type(cell) == 'string' and string.sub(cell, 1, 4) or ''
  local fences = kind == 'SC1F' and liveFences(cell, nowMillis(), '') or ''
  local left = kind == 'SC1L' and #cell == LEASE_BYTES and redis.call('PTTL', key) or 0
  if type(cell) == 'table' then
    answer(5, '')
  elseif fences ~= '' then
    answer(4, '')
  elseif left > 0 and left <= LONGEST_LEASE_MILLIS then
    redis.call('SETRANGE', key, 4, '1')
    answer(3, left)
  elseif cell and kind ~= 'SC1F' and kind ~= 'SC1L'
    and (unusable == '' or redis.sha1hex(cell) ~= unusable) then
    answer(2, cell)
  else
    redis.call('SET', key, 'SC1L0' .. token, 'PX', ARGV[1])
    answer(1, '')
  end
end

return reply
