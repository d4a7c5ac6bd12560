-- The readers that one lock on one node has, put in front of the scripts that grant it.
--
-- While readers have it, or had it last, the lock's owner is READERS. A sorted set holds until when each
-- of them has it; the lock's 'ends' is the greatest of these, so that all else need not look at the set.
--
-- KEYS[2]  the lock
-- KEYS[5]  its readers
-- ARGV     none of its own
-- returns  nothing: defines heldUntil(), enter(), hold(), reckon()
-- time     O(log(readers))
-- source   docs/locks.md

-- Returns until when an attempt has the lock, even if that is over; nil if it does not have it.
local function heldUntil(lock, id, reads)
  if not reads then
    return lock.owner == id and lock.ends or nil
  end
  return lock.owner == READERS and tonumber(redis.call('ZSCORE', KEYS[5], id) or nil) or nil
end

-- Lets a reader have the lock until then; returns when the last of them has it.
local function enter(lock, id, ends, now)
  redis.call('ZADD', KEYS[5], ends, id)
  ends = math.max(lock.ends, ends)
  redis.call('PEXPIRE', KEYS[5], math.ceil((ends - now + RETENTION) / 1000))
  return ends
end

-- Lets an attempt that has the lock have it until then.
local function hold(lock, id, ends, reads, now)
  lock.ends = reads and enter(lock, id, ends, now) or ends
  redis.call('HSET', KEYS[2], 'ends', lock.ends)
end

-- Takes the lock's end from the readers that are left.
local function reckon(lock)
  lock.ends = tonumber(redis.call('ZRANGE', KEYS[5], -1, -1, 'WITHSCORES')[2] or 0)
  redis.call('HSET', KEYS[2], 'ends', lock.ends)
end

