-- A clock for tests in place of now.lua, and a wire: the time is the last argument, which scripts
-- otherwise ignore; what they publish goes to a list, from where tests deliver it or lose it. Keys live
-- an hour longer, since their time to live still runs by the server's own clock.
--
-- KEYS[1]  stands in the name of the list, so that it is in the same slot
-- ARGV[#]  microseconds since the start of 2026
-- returns  nothing: defines nowMicros()
-- time     O(1)
-- source   none: a stand-in for now.lua

local function nowMicros()
  return tonumber(ARGV[#ARGV])
end

local server = redis
local redis = {}

function redis.call(...)
  local command = {...}
  if command[1] == 'SET' and command[4] == 'PX' then
    command[5] = command[5] + 3600000
  elseif command[1] == 'PEXPIRE' then
    command[3] = command[3] + 3600000
  elseif command[1] == 'PUBLISH' then
    return server.call('RPUSH', KEYS[1] .. ':published', command[2], command[3])
  end
  return server.call(unpack(command))
end

