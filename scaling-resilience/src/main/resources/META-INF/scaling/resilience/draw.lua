-- Puts into a retry budget's pool what an instance has to spare, and takes out what it wants, as far as
-- that is there.
--
-- A hash holds in 'tokens' how many there are, in millionths, and in 'at' until when time has been paid
-- for, in microseconds of the server's clock. A pool that nobody knows begins empty, at the present: so a
-- server that lost its memory grants nothing twice. A number that makes no sense is none.
--
-- KEYS[1]  the pool
-- ARGV[1]  what is put in: millionths                              integer >= 0
-- ARGV[2]  what is wanted: millionths                              integer >= 0
-- ARGV[3]  what the pool holds at most: millionths                 integer > 0
-- ARGV[4]  what comes in each second: millionths                   integer >= 0
-- ARGV[5]  for how long it is kept without a call: milliseconds    integer > 0
--
-- returns  {millionths taken out}
-- time     O(1)
-- source   docs/retry-budget.md

local put, wanted, most, perSecond = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

local known = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(string.match(known[1] or '', '^%d+$')) or 0
local at = math.min(tonumber(string.match(known[2] or '', '^%d+$')) or now, now)

local income = math.floor((now - at) * perSecond / 1000000)
tokens = math.min(most, tokens + income + put)
local taken = math.min(wanted, tokens)

redis.call('HSET', KEYS[1], 'tokens', string.format('%.0f', tokens - taken), 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], ARGV[5])

return {taken}
