-- One lock on one node, put in front of the scripts that grant it.
--
-- A hash holds the attempt that has it ('owner'), until when ('ends'), its place in the line ('ticket'),
-- the counter that fencing tokens come from ('counter') and who gave it back last ('released': one or some).
--
-- A writer makes the counter greater, by as many fencing tokens as it wants, and so does the first reader
-- after a writer. Readers who join it find the counter as it is: no writer came between. What a node knew
-- before it lost its memory is no reason to join, as a writer may have come then; who extended since is kept.
--
-- KEYS[2]  the lock
-- KEYS[5]  its readers
-- ARGV     none of its own
-- returns  nothing: defines read(), giveBack(), grant()
-- time     O(log(readers)), and those who died
-- source   docs/locks.md

local function read()
  local lock = redis.call('HMGET', KEYS[2], 'owner', 'ends', 'ticket', 'counter', 'released', 'kept')
  return {owner = lock[1] or '', ends = tonumber(lock[2] or 0), ticket = tonumber(lock[3] or 0),
    counter = tonumber(lock[4]), released = lock[5], kept = tonumber(lock[6] or 0)}
end

-- Takes the lock back from attempts whose own calls to give it back are still to come.
local function giveBack(lock, attempts)
  local back = {}
  for id in string.gmatch(attempts, '%S+') do
    local isReader = lock.owner == READERS and redis.call('ZREM', KEYS[5], id) == 1
    if lock.owner == id then
      lock.ends = 0
    elseif isReader then
      reckon(lock)
    end
    if lock.owner == id or isReader or isIn(lock.released, id) then
      back[#back + 1] = id
    end
  end
  if back[1] then
    lock.released = table.concat(back, ' ')
    redis.call('HSET', KEYS[2], 'released', lock.released)
  end
end

local function grant(node, lock, id, ticket, lease, hint, reads, now, tokens)
  local joins = reads and lock.owner == READERS and lock.counter and lock.counter > node.base
  lock.counter = math.max(lock.counter or node.high, node.base, hint) + (joins and 0 or tokens)
  if reads and lock.owner ~= READERS then
    redis.call('DEL', KEYS[5])
  end
  if reads then
    redis.call('ZREMRANGEBYSCORE', KEYS[5], 1, now)
    lock.owner, lock.ends = READERS, enter(lock, id, now + lease, now)
  else
    lock.owner, lock.ends = id, now + lease
  end
  lock.ticket = ticket
  redis.call('HSET', KEYS[2], 'owner', lock.owner, 'ends', lock.ends, 'ticket', ticket, 'counter', lock.counter)
  keep(KEYS[2], lock.kept, lock.ends, now)
  remember(node, lock.counter, lease)
end

