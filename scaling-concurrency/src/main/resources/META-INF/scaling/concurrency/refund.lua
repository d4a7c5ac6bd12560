-- Gives permits back, if nobody has taken any since: then it is as if they had never been taken. Permits
-- in the middle cannot be given back, since those behind them have been promised their times already.
--
-- KEYS[1]  the key's state
-- ARGV[1]  the state that taking the permits left    bytes
-- ARGV[2]  the state to go back to                   bytes
-- ARGV[3]  when that state ends: milliseconds of the server's clock since the start of 2026   integer
--
-- returns  {1 if they were given back, else 0}
-- time     O(limits)
-- source   docs/rate-limiter.md

if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return {0}
end
local left = ARGV[3] - math.floor(nowMicros() / 1000)
if left > 0 then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', left)
else
  redis.call('DEL', KEYS[1])
end
return {1}
