-- The line of those who wait for one lock on one node, put in front of the scripts that grant it.
--
-- Attempts that wait stand in a sorted set by ticket; a hash holds for each until when it is taken for alive,
-- the lease it wants, whether it is dead if nobody listens to its instance's channel (KEYS[1], a colon, the
-- instance), whether it reads, how many fencing tokens it wants. Readers wait behind writers who came first.
--
-- KEYS[3]  the line, KEYS[4] the hash of those who wait
-- ARGV     none of its own
-- returns  nothing: defines leave(), enqueue(), handOn()
-- time     O(log(attempts that wait)), those who died, and those who get the lock
-- source   docs/locks.md

local function leave(id)
  redis.call('ZREM', KEYS[3], id)
  redis.call('HDEL', KEYS[4], id)
end

local function enqueue(id, ticket, lease, alive, listens, reads, tokens)
  redis.call('ZADD', KEYS[3], 'NX', ticket, id)
  redis.call('HSET', KEYS[4], id,
    string.format('%.0f %.0f %s %s %s', alive, lease, listens, reads and 1 or 0, tokens))
  redis.call('PEXPIRE', KEYS[3], math.ceil((lease + RETENTION) / 1000)) -- who waits asks again within a lease
  redis.call('PEXPIRE', KEYS[4], math.ceil((lease + RETENTION) / 1000))
end

-- Gives the lock to the first in the line who hears of it, and from a reader on to all up to the first
-- writer; to `id` at once if it is one of them. Returns whether it is, and whether others go first.
local function handOn(node, lock, id, now)
  local isMine, first = false, redis.call('ZRANGE', KEYS[3], 0, 0)[1]
  while first do
    local known = redis.call('HGET', KEYS[4], first) or ''
    local alive, lease, listens, mode, tokens = string.match(known, '^(%d+) (%d+) ([01]) ([01]) (%d+)$')
    local isAlive, reads = alive and tonumber(alive) > now, mode == '1'
    if isAlive and lock.ends > now and not (reads and lock.owner == READERS) then
      return isMine, true
    end
    local ticket = tonumber(redis.call('ZSCORE', KEYS[3], first))
    leave(first)
    if isAlive then
      grant(node, lock, first, ticket, tonumber(lease), 0, reads, now, tonumber(tokens))
      isMine = isMine or first == id
      local inbox = KEYS[1] .. ':' .. string.match(first, '^[^:]*')
      local message = string.format('%s %.0f %.0f ', first, lock.counter, now) .. KEYS[2] -- %s ends at a NUL
      if first == id or redis.call('PUBLISH', inbox, message) > 0 or listens == '0' then
        if not reads then
          return isMine, true
        end
      else
        lock.ends = 0
        if reads then
          redis.call('ZREM', KEYS[5], first)
          reckon(lock)
        end
      end
    end
    first = redis.call('ZRANGE', KEYS[3], 0, 0)[1]
  end
  return isMine, false
end

