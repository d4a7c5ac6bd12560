-- Gives a lock back, or a place in its line, and hands the lock on to the next who waits.
--
-- KEYS[1..5]  see node.lua, lock.lua, line.lua and readers.lua
-- KEYS[6]     set if a call of the attempt may still be on the way
-- ARGV[1]     in one text, with a space between; see acquire.lua:
--             the attempt                                                          no space
--             1 if it may stand in the line                                        0 or 1
--             for how long a call of it may be on the way: milliseconds            integer >= 0
--             and if it gives the lock back to stand in line again, at its end:
--             the counter of the grant that it gives back; it keeps a later one    integer > 0
--             for how long it waits then without a further word: microseconds      integer > 0
--             the lease it wants then: microseconds                                integer > 0
--             1 if PUBLISH here says whether its instance listens                  0 or 1
--             how many fencing tokens its lease is good for then                   integer > 0
--
-- returns  {1} if it had the lock, or nobody had it after it; else {0}
-- time     O(log(attempts that wait))
-- source   docs/locks.md

local id, waited, onTheWay, again = string.match(ARGV[1], '^(%S+) ([01]) (%d+) ?(.*)$')
local counter, wait, lease, listens, tokens = string.match(again, '^(%d+) (%d+) (%d+) ([01]) (%d+)$')
local lock = read()
if counter and (lock.owner ~= id or lock.counter ~= tonumber(counter)) then
  return {0}
end
if waited == '1' then
  leave(id)
end
if onTheWay ~= '0' then
  redis.call('SET', KEYS[6], '', 'PX', onTheWay)
end
local had, reads = lock.owner == id, lock.owner == READERS
if had then
  lock.ends = 0
elseif reads and redis.call('ZREM', KEYS[5], id) == 1 then
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
  if node and counter then
    enqueue(id, now, tonumber(lease), now + wait, listens, false, tokens)
  end
  if node then
    handOn(node, lock, '', now)
  end
end
if lock.ends <= now and lock.owner ~= READERS then
  redis.call('HSET', KEYS[2], 'owner', '', 'ends', '0', 'released', had and id or lock.released or '')
end
return {(had or isIn(lock.released, id)) and 1 or 0}
