-- Takes a lock for an attempt, or has it stand in line. Again for it, it says the same while it keeps its memory.
--
-- KEYS[1..6]  see node.lua, lock.lua, line.lua and readers.lua; the last exists if the attempt was given up
-- ARGV[1]     in one text, with a space between, since each argument costs a client more than its text:
--             the attempt: its instance, a colon, its number                 no space
--             its lease: microseconds                                        integer > 0
--             the greatest counter of this lock that it knows of             integer >= 0
--             for how long it waits without a further word: microseconds     integer >= 0
--             its place in the line: microseconds, at most SKEW from here; 0 for now  integer >= 0
--             1 if PUBLISH here says whether its instance listens            0 or 1
--             0 if it writes, 1 if it reads, 2 if it joins readers though others wait for the lock  0 to 2
--             how many fencing tokens its lease is good for, 1 if it reads: the counter and those before it
--             attempts of its instance that gave the lock back, by calls that may come later  none or some
--
-- returns  {1, run id, now, counter, ticket} if it has the lock,
--          {0, run id, now, counter, its ticket, an owner, 1 if readers have it, microseconds left},
--          {-1, run id, mark} if the node is no member, {-2, run id} if the attempt was given up
-- time     O(log(attempts that wait or read))
-- source   docs/locks.md

local SKEW = 50000 -- microseconds by which clocks of instances may change the order of those who wait
local id, lease, hint, wait, asked, listens, access, tokens, released =
  string.match(ARGV[1], '^(%S+) (%d+) (%d+) (%d+) (%d+) ([01]) ([0-2]) (%d+)(.*)$')
local reads = access ~= '0'
lease, wait = tonumber(lease), tonumber(wait)
local run, node, seen = membership(id)
if not node then
  return {-1, run, seen}
end
if redis.call('EXISTS', KEYS[6]) == 1 then
  return {-2, run}
end
local now, lock = nowMicros(), read()
local ticket = asked == '0' and now or math.max(now - SKEW, math.min(now + SKEW, tonumber(asked)))
giveBack(lock, released)
local ends, isBehind = (lock.counter or 0) > node.base and heldUntil(lock, id, reads) or nil, false
local isMine = ends ~= nil
if isMine then
  hold(lock, id, math.max(ends, now + lease), reads, now)
elseif lock.ends <= now or (reads and lock.owner == READERS) then
  isMine, isBehind = handOn(node, lock, id, now)
  local joins = reads and lock.owner == READERS and (not isBehind or access == '2')
  if not isMine and (lock.ends <= now or joins) then
    grant(node, lock, id, ticket, lease, tonumber(hint), reads, now, tonumber(tokens))
    if isBehind then
      leave(id)
    end
    isMine = true
  end
end
if isMine then
  return {1, run, now, lock.counter, lock.ticket}
end
if wait > 0 then
  enqueue(id, ticket, lease, now + wait, listens, reads, tokens)
  ticket = tonumber(redis.call('ZSCORE', KEYS[3], id))
end
local isRead = lock.owner == READERS
local owner = isRead and redis.call('ZRANGE', KEYS[5], -1, -1)[1] or lock.owner
return {0, run, now, lock.counter, ticket, owner, isRead and 1 or 0, lock.ends - now}
