-- Extends leases, and raises counters: fencing tokens are confirmed by that.
--
-- KEYS[1]      see node.lua
-- KEYS[1 + i]  lock i
-- for each lock four:
-- ARGV         the attempt                                                          bytes
--              its lease from now on: microseconds                                  integer > 0
--              the counter that its fencing token has                               integer > 0
--              1 if a node that has lost the lock may take it again                 0 or 1
--
-- returns  {run id, for each lock its counter, or -1 if the attempt does not have it}, or
--          {run id} alone if the node is no member
-- time     O(locks)
-- source   docs/locks.md

local run, node = membership(ARGV[1])
local reply, now = {run}, nowMicros()
if not node then
  return reply
end

for i = 2, #KEYS do
  local at = 4 * i - 7
  local id, lease, token = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local lock = redis.call('HMGET', KEYS[i], 'owner', 'ends', 'counter', 'released', 'kept')
  local counter, ends = tonumber(lock[3]) or node.high, tonumber(lock[2] or 0)
  local isOwner = lock[1] == id
  -- Free, and nobody had it after this attempt: any grant would have made the counter greater.
  local isLeft = not isOwner and ARGV[at + 3] == '1' and ends <= now and counter <= token and lock[4] ~= id
  if isOwner or isLeft then
    counter = math.max(counter, token)
    ends = math.max(isOwner and ends or 0, now + lease)
    redis.call('HSET', KEYS[i], 'owner', id, 'ends', ends, 'counter', counter)
    keep(KEYS[i], tonumber(lock[5] or 0), ends, now)
    remember(node, counter, lease)
    reply[i] = counter
  else
    reply[i] = -1
  end
end
return reply
