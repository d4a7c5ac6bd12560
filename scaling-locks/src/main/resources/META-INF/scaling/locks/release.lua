-- Gives a lock back, or a place in its line, and hands the lock on to the next who waits.
--
-- KEYS[1..6]  see node.lua, lock.lua, line.lua and readers.lua
-- KEYS[5]     set if a call of the attempt may still be on the way
-- ARGV[1]     the attempt                                                          bytes
-- ARGV[2]     1 if it may stand in the line                                        0 or 1
-- ARGV[3]     for how long a call of it may be on the way: milliseconds            integer >= 0
-- ARGV[4]     the instances' channels, but for the instance at the end             bytes
-- ARGV[5]     the lock's name                                                      bytes
-- ARGV[6]     the counter of the grant that it gives back to stand in line again, at its
--             end; it keeps a later one. 0 if it goes                              integer >= 0
-- ARGV[7]     for how long it waits then without a further word: microseconds      integer >= 0
-- ARGV[8]     the lease it wants then: microseconds                                integer >= 0
-- ARGV[9]     1 if PUBLISH here says whether its instance listens                  0 or 1
-- ARGV[10]    how many fencing tokens its lease is good for then                   integer >= 0
--
-- returns  {1} if it had the lock, or nobody had it after it; else {0}
-- time     O(log(attempts that wait))
-- source   docs/locks.md

local id, lock = ARGV[1], read()
if ARGV[6] ~= '0' and (lock.owner ~= id or lock.counter ~= tonumber(ARGV[6])) then
  return {0}
end
if ARGV[2] == '1' then
  leave(id)
end
if ARGV[3] ~= '0' then
  redis.call('SET', KEYS[5], '', 'PX', ARGV[3])
end
local had, reads = lock.owner == id, lock.owner == READERS
if had then
  lock.ends = 0
elseif reads and redis.call('ZREM', KEYS[6], id) == 1 then
  had = true
  reckon(lock)
end
if not had and not reads then
  return {isIn(lock.released, id) and 1 or 0}
end

local now = 0
if redis.call('EXISTS', KEYS[3]) == 1 then
  local _, node = membership(id)
  now = nowMicros()
  if node and ARGV[6] ~= '0' then
    enqueue(id, now, tonumber(ARGV[8]), now + ARGV[7], ARGV[9], false, ARGV[10])
  end
  if node then
    handOn(node, lock, '', ARGV[4], ARGV[5], now)
  end
end
if lock.ends <= now and lock.owner ~= READERS then
  redis.call('HSET', KEYS[2], 'owner', '', 'ends', '0', 'released', had and id or lock.released or '')
end
return {(had or isIn(lock.released, id)) and 1 or 0}
