-- Compares a fencing token with the greatest one seen of a resource, and keeps the greater one.
-- Put in front of the scripts that need it.
--
-- Tokens are compared as decimal digits, since Lua's numbers are exact to 2^53 only. What is no token,
-- nobody here has written: it is answered with an error, since to take it for nothing would let any
-- token pass.
--
-- KEYS     none: the key is an argument of the function
-- ARGV     none
-- returns  nothing: defines fence(key, token, retention in ms), which gives the greater token if there
--          is one, else nil; and then an error to reply, if there is one
-- time     O(1)
-- source   docs/fencing.md

local GREATEST = '9223372036854775807'

local function isGreater(one, other)
  return #one > #other or (#one == #other and one > other)
end

local function fence(key, token, retention)
  local seen = redis.call('GET', key)
  if seen then
    if #seen > #GREATEST or not string.find(seen, '^[1-9]%d*$') or isGreater(seen, GREATEST) then
      return nil, redis.error_reply('ERR the key of a fenced resource holds no fencing token')
    end
    if isGreater(seen, token) then
      redis.call('PEXPIRE', key, retention)
      return seen
    end
  end
  redis.call('SET', key, token, 'PX', retention)
  return nil
end
