-- Says how a node stands, and makes it a member if it has been watched for long enough.
--
-- KEYS[1]  see node.lua
-- ARGV[1]  a nonce                                                                  bytes
-- ARGV[2]  the mark of a node that was watched, or nothing                          bytes
-- ARGV[3]  the counter that it begins with; 0 for the clock, in microseconds        integer >= 0
-- ARGV[4]  the longest lease that any node knows of: microseconds                   integer > 0
--
-- returns  {1, run id, 'high', 'longest', 1 if keys may be evicted} of a member,
--          {0, run id, mark, the same} of what is none
-- time     O(1)
-- source   docs/locks.md

local memory = redis.call('INFO', 'memory')
local evicts = string.find(memory, 'maxmemory:0', 1, true) or string.find(memory, 'noeviction', 1, true)
evicts = evicts and 0 or 1

local run, node, seen = membership(ARGV[1])
if not node and seen == ARGV[2] then
  local base = ARGV[3]
  if base == '0' then
    base = nowMicros()
  end
  redis.call('HSET', KEYS[1], 'run', run, 'base', base, 'high', base, 'longest', ARGV[4])
  redis.call('HDEL', KEYS[1], 'seen')
  run, node = membership(ARGV[1])
end
if node then
  return {1, run, node.high, node.longest, evicts}
end
return {0, run, seen, evicts}
