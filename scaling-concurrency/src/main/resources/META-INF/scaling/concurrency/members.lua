-- Says that an instance is there, and counts those that are.
--
-- KEYS[1]  a sorted set: instances by when they were last heard of, in microseconds
-- ARGV[1]  the instance's id                                             bytes
-- ARGV[2]  for how long an instance counts: microseconds                 integer > 0
--
-- returns  {how many instances there are}
-- time     O(log(instances))
-- source   docs/rate-limiter.md

local now = nowMicros()

redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. (now - ARGV[2]))
redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[2] / 1000))

return {redis.call('ZCARD', KEYS[1])}
