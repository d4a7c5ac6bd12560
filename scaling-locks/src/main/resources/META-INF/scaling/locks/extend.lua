-- Extends leases, and raises counters: fencing tokens are confirmed by that.
--
-- KEYS[1]      see node.lua
-- KEYS[1 + i]  lock i; before a reader's, its readers
-- for each lock four:
-- ARGV         the attempt                                                          bytes
--              its lease from now on: microseconds                                  integer > 0
--              the counter that its fencing token has                               integer > 0
--              1 if a node that has lost the lock may take it again, 2 for a reader 0 to 2
--
-- returns  {run id, for each lock its counter, or -1 if the attempt does not have it}, or
--          {run id} alone if the node is no member
-- time     O(locks), and O(log(readers)) for each reader
-- source   docs/locks.md

local run, node = membership(ARGV[1])
local reply, now, at = {run}, nowMicros(), 2
if not node then
  return reply
end

for i = 1, #ARGV, 4 do
  local id, lease, token, mode = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), ARGV[i + 3]
  local readers = mode == '2' and KEYS[at]
  at = at + (readers and 1 or 0)
  local lock = redis.call('HMGET', KEYS[at], 'owner', 'ends', 'counter', 'released', 'kept')
  local counter, ends = tonumber(lock[3]) or node.high, tonumber(lock[2] or 0)
  -- Who knows nothing of the time since may have been overtaken before the node lost its memory.
  local owner, held = id, lock[1] == id and (mode == '1' or counter > node.base) and ends
  if readers then
    owner, held = READERS, lock[1] == READERS and tonumber(redis.call('ZSCORE', readers, id) or nil)
  end
  -- Free, and nobody had it after this attempt: any grant would have made the counter greater.
  local isLeft = not held and mode == '1' and ends <= now and counter <= token and not isIn(lock[4], id)
  if held or isLeft then
    counter, held = math.max(counter, token), math.max(held or 0, now + lease)
    ends = readers and math.max(ends, held) or held
    if readers then
      redis.call('ZADD', readers, held, id)
      redis.call('PEXPIRE', readers, math.ceil((ends - now + RETENTION) / 1000))
    end
    redis.call('HSET', KEYS[at], 'owner', owner, 'ends', ends, 'counter', counter)
    keep(KEYS[at], tonumber(lock[5] or 0), ends, now)
    remember(node, counter, lease)
  end
  at = at + 1
  reply[#reply + 1] = (held or isLeft) and counter or -1
end
return reply
