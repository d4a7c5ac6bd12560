-- What a node knows of itself, put in front of the scripts that grant or extend.
--
-- A hash holds the run id of the server when it became a member ('run'), the greatest counter it has seen
-- ('high'), the one it began with ('base'), and the longest lease ('longest'). A server that has lost
-- memory has another run id, or no hash: it is no member, and grants nothing until a client has watched
-- it for long enough. What is watched is marked ('seen'), so that a second loss meanwhile shows.
--
-- KEYS[1]  the hash
-- ARGV     none of its own
-- returns  nothing: defines membership(nonce), which returns the run id, and then the hash's fields or
--          nil and the mark; remember(node, counter, lease), keep(key, kept, ends, now) and
--          isIn(attempts, attempt)
-- time     O(1)
-- source   docs/locks.md

local RETENTION = 600000000 -- microseconds for which a counter outlives its lease; then 'high' stands in
local READERS = 'readers' -- stands for the owner while readers have a lock, and until a writer has it

local function membership(nonce)
  local server = redis.call('INFO', 'server')
  local node = redis.call('HMGET', KEYS[1], 'run', 'high', 'base', 'longest', 'seen')
  if node[1] and string.find(server, 'run_id:' .. node[1], 1, true) then
    return node[1], {high = tonumber(node[2]), base = tonumber(node[3]), longest = tonumber(node[4])}
  end
  local run, seen = string.match(server, 'run_id:(%x+)'), node[5]
  if not seen or string.sub(seen, 1, #run) ~= run then
    seen = run .. ':' .. nonce
    redis.call('HSET', KEYS[1], 'seen', seen)
  end
  return run, nil, seen
end

local function remember(node, counter, lease)
  if counter > node.high then
    node.high = counter
    redis.call('HSET', KEYS[1], 'high', counter)
  end
  if lease > node.longest then
    node.longest = lease
    redis.call('HSET', KEYS[1], 'longest', lease)
  end
end

-- Keeps a lock for RETENTION past its lease, or twice as long, so that not every call must say so.
local function keep(key, kept, ends, now)
  if kept < ends + RETENTION then
    kept = ends + 2 * RETENTION
    redis.call('HSET', key, 'kept', kept)
    redis.call('PEXPIRE', key, math.ceil((kept - now) / 1000))
  end
end

local function isIn(attempts, attempt)
  return string.find(' ' .. (attempts or '') .. ' ', ' ' .. attempt .. ' ', 1, true) ~= nil
end

