-- One lock on one node, put in front of the scripts that grant it.
--
-- A hash holds the attempt that has it ('owner'), until when ('ends'), its place in the line ('ticket'),
-- the counter that fencing tokens come from ('counter') and who gave it back last ('released'). Attempts
-- that wait stand in a sorted set by ticket; a second hash says until when each is taken for alive, which
-- lease it wants, whether it is dead if nobody listens to its channel, and how many fencing tokens it wants.
--
-- KEYS[2]  the lock
-- KEYS[3]  the line, KEYS[4] the hash of those who wait
-- ARGV     none of its own
-- returns  nothing: defines read(), grant(), leave(), enqueue(), handOn()
-- time     O(log(attempts that wait)), and those who died
-- source   docs/locks.md

local function read()
  local lock = redis.call('HMGET', KEYS[2], 'owner', 'ends', 'ticket', 'counter', 'released', 'kept')
  return {owner = lock[1] or '', ends = tonumber(lock[2] or 0), ticket = tonumber(lock[3] or 0),
    counter = tonumber(lock[4]), released = lock[5], kept = tonumber(lock[6] or 0)}
end

local function grant(node, lock, id, ticket, lease, hint, now, tokens)
  lock.counter = math.max(lock.counter or node.high, node.base, hint) + tokens
  lock.owner, lock.ends, lock.ticket = id, now + lease, ticket
  redis.call('HSET', KEYS[2], 'owner', id, 'ends', lock.ends, 'ticket', ticket, 'counter', lock.counter)
  keep(KEYS[2], lock.kept, lock.ends, now)
  remember(node, lock.counter, lease)
end

local function leave(id)
  redis.call('ZREM', KEYS[3], id)
  redis.call('HDEL', KEYS[4], id)
end

local function enqueue(id, ticket, lease, alive, listens, tokens)
  redis.call('ZADD', KEYS[3], 'NX', ticket, id)
  redis.call('HSET', KEYS[4], id, string.format('%.0f %.0f %s %s', alive, lease, listens, tokens))
  redis.call('PEXPIRE', KEYS[3], math.ceil(RETENTION / 1000))
  redis.call('PEXPIRE', KEYS[4], math.ceil(RETENTION / 1000))
end

-- Gives the lock to the first in the line who hears of it; to `id` at once if it is that one.
local function handOn(node, lock, id, channel, name, now)
  local first = redis.call('ZRANGE', KEYS[3], 0, 0)[1]
  while first do
    local known = redis.call('HGET', KEYS[4], first) or ''
    local alive, lease, listens, tokens = string.match(known, '^(%d+) (%d+) ([01]) (%d+)$')
    local ticket = tonumber(redis.call('ZSCORE', KEYS[3], first))
    leave(first)
    if alive and tonumber(alive) > now then
      grant(node, lock, first, ticket, tonumber(lease), 0, now, tonumber(tokens))
      local message = string.format('%s %.0f %.0f %s', first, lock.counter, now, name)
      local inbox = channel .. string.match(first, '^[^:]*')
      if first == id or redis.call('PUBLISH', inbox, message) > 0 or listens == '0' then return end
      lock.ends = 0
    end
    first = redis.call('ZRANGE', KEYS[3], 0, 0)[1]
  end
end

