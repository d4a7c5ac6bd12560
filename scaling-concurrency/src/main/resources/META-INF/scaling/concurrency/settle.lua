-- Writes what a call for permits of a semaphore came to, put in front of the script that decides it.
--
-- KEYS     of blocks.lua
-- ARGV     of block.lua
-- returns  nothing: defines settled(instance, permits, used, now), which gives the reply of block.lua
-- time     O(log(instances))
-- source   docs/semaphore.md

local function settled(instance, permits, used, now)
  setBlock(instance, permits, ARGV[2])
  redis.call('ZADD', KEYS[2], now + ARGV[7], instance)

  -- Not below the clock: the count may expire once the clock has passed it, and never goes back.
  local last = math.max(tonumber(redis.call('HGET', KEYS[1], '>') or 0), now) + ARGV[8]
  redis.call('HSET', KEYS[1], '#', string.format('%d', used), '>', string.format('%.0f', last))

  local latest = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')[2]
  local millis = math.ceil((math.max(latest, last) - now) / 1000) + 1
  for i = 1, 3 do
    redis.call('PEXPIRE', KEYS[i], millis)
  end

  local waits = redis.call('ZSCORE', KEYS[3], instance) and 1 or 0
  local others = math.max(redis.call('ZCARD', KEYS[3]) - waits, used - ARGV[6])
  return {permits, others, waits, string.format('%.0f', last)}
end

