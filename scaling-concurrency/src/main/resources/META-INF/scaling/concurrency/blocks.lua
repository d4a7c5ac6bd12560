-- How the blocks of a semaphore's permits are kept, put in front of the script that changes them.
--
-- A hash holds for each instance '<permits> <number of its last call>', and besides in '#' the sum of all
-- permits and in '>' the last fencing token given out. What an instance holds ends with its lease, by the
-- server's clock: whoever comes next takes it back.
--
-- KEYS[1]  the hash of blocks
-- KEYS[2]  a sorted set: instances by the end of their leases, in microseconds
-- KEYS[3]  a sorted set: instances that wait, by when they came, in microseconds
-- ARGV     none of its own
-- returns  nothing: defines block(instance), setBlock(instance, permits, call), reclaimed(now)
-- time     O(instances that died)
-- source   docs/semaphore.md

local function block(instance)
  local permits, call = string.match(redis.call('HGET', KEYS[1], instance) or '', '^(%d+) (%d+)$')
  return tonumber(permits or 0), tonumber(call or 0)
end

local function setBlock(instance, permits, call)
  redis.call('HSET', KEYS[1], instance, string.format('%d %.0f', permits, call))
end

-- Takes back what dead instances held, and returns how many permits the living hold.
local function reclaimed(now)
  local used = tonumber(redis.call('HGET', KEYS[1], '#') or 0)
  if redis.call('EXISTS', KEYS[2]) == 0 then
    local last = redis.call('HGET', KEYS[1], '>') or 0
    redis.call('DEL', KEYS[1], KEYS[3])
    redis.call('HSET', KEYS[1], '>', last)
    used = 0
  end
  for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
    used = used - block(dead)
    redis.call('HDEL', KEYS[1], dead)
    redis.call('ZREM', KEYS[2], dead)
    redis.call('ZREM', KEYS[3], dead)
  end
  return used
end

