-- Sets how many permits of a semaphore an instance holds, as far as there are any, and renews its lease.
-- What comes free goes to the instances that wait, one permit each in their order; each is told.
--
-- KEYS     of blocks.lua
-- ARGV[1]  the instance; its channel is ARGV[9] .. ARGV[1]                 bytes
-- ARGV[2]  the number of the call; one behind a later one does nothing     integer > 0
-- ARGV[3]  how many permits it keeps at most of those it has               integer >= 0
-- ARGV[4]  how many it would have                                          integer >= ARGV[3]
-- ARGV[5]  1 if it waits for what it does not get                          0 or 1
-- ARGV[6]  how many permits there are                                      integer > 0
-- ARGV[7]  its lease: microseconds                                         integer > 0
-- ARGV[8]  how many fencing tokens it needs                                integer > 0
--
-- returns  {permits it holds, or -1 if the call came too late; how many others wait or permits are too
--          many; 1 if it waits; the last of its fencing tokens, in digits}
-- time     O(log(instances)), O(instances) for those served and told
-- source   docs/semaphore.md

local me, most, want = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
local _, call = block(me)
if tonumber(ARGV[2]) <= call then -- before anything is taken back, whose sum would be lost here
  return {-1, 0, 0, '0'}
end

local now = nowMicros()
local used, held = reclaimed(now), block(me)

local mine = math.min(held, most)
local waits = ARGV[5] == '1'
if mine >= want or mine < held or not waits then
  redis.call('ZREM', KEYS[3], me)
end
local joined = mine < want and waits and redis.call('ZADD', KEYS[3], 'NX', now, me) == 1

local room, first = ARGV[6] - used + held - mine, redis.call('ZRANGE', KEYS[3], 0, 0)[1]
while room > 0 and first do
  redis.call('ZREM', KEYS[3], first)
  if first == me then
    mine = mine + 1
  else
    local its, last = block(first)
    setBlock(first, its + 1, last)
    used = used + 1
    redis.call('PUBLISH', ARGV[9] .. first, 'granted')
  end
  room, first = room - 1, redis.call('ZRANGE', KEYS[3], 0, 0)[1]
end
mine = mine + math.max(0, math.min(want - mine, room))
if mine < want and waits then
  joined = redis.call('ZADD', KEYS[3], 'NX', now, me) == 1 or joined
  if joined and redis.call('ZCARD', KEYS[3]) <= 2 then -- those who knew of none but themselves
    for _, other in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
      if other ~= me and block(other) > 0 then
        redis.call('PUBLISH', ARGV[9] .. other, 'contended')
      end
    end
  end
end
return settled(me, mine, used - held + mine, now)
