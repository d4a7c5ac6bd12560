-- Takes a lock for an attempt, or has it stand in line. Again for the same attempt, it says the same.
--
-- KEYS[1..4]  see node.lua and lock.lua
-- KEYS[5]     exists if the attempt was given up before this call arrived
-- ARGV[1]     the attempt: its instance, a colon, its number             bytes
-- ARGV[2]     its lease: microseconds                                    integer > 0
-- ARGV[3]     the greatest counter of this lock that it knows of         integer >= 0
-- ARGV[4]     for how long it waits without a further word: microseconds integer >= 0
-- ARGV[5]     its place in the line: microseconds, at most SKEW from here; 0 for now  integer >= 0
-- ARGV[6]     its instance's channel, but for the instance at its end    bytes
-- ARGV[7]     the lock's name                                            bytes
-- ARGV[8]     1 if PUBLISH here says whether its instance listens        0 or 1
-- ARGV[9]     an attempt of the same instance that has given the lock back: the call
--             that says so may still be on the way                           bytes
-- ARGV[10]    how many fencing tokens its lease is good for: the counter and those before it  integer > 0
--
-- returns  {1, run id, now, counter, ticket} if it has the lock,
--          {0, run id, now, counter, its ticket, the owner, the owner's ticket, its microseconds left},
--          {-1, run id, mark} if the node is no member, {-2, run id} if the attempt was given up
-- time     O(log(attempts that wait))
-- source   docs/locks.md

local SKEW = 50000 -- microseconds by which clocks of instances may change the order of those who wait
local id, lease, wait = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[4])
local run, node, seen = membership(id)
if not node then
  return {-1, run, seen}
end
if redis.call('EXISTS', KEYS[5]) == 1 then
  return {-2, run}
end

local now, lock = nowMicros(), read()
local ticket = now
if ARGV[5] ~= '0' then
  ticket = math.max(now - SKEW, math.min(now + SKEW, tonumber(ARGV[5])))
end
if ARGV[9] ~= '' and lock.owner == ARGV[9] then
  lock.ends = 0
  redis.call('HSET', KEYS[2], 'released', ARGV[9])
end
if lock.owner == id then
  lock.ends = math.max(lock.ends, now + lease)
  redis.call('HSET', KEYS[2], 'ends', lock.ends)
elseif lock.ends <= now then
  handOn(node, lock, id, ARGV[6], ARGV[7], now)
  if lock.ends <= now then
    grant(node, lock, id, ticket, lease, tonumber(ARGV[3]), now, tonumber(ARGV[10]))
  end
end

if lock.owner == id then
  return {1, run, now, lock.counter, lock.ticket}
end
if wait > 0 then
  enqueue(id, ticket, lease, now + wait, ARGV[8], ARGV[10])
  ticket = tonumber(redis.call('ZSCORE', KEYS[3], id))
end
return {0, run, now, lock.counter, ticket, lock.owner, lock.ticket, lock.ends - now}
