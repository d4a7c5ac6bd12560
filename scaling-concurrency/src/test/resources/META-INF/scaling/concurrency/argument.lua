-- A clock for tests in place of now.lua: the time is the last argument, which scripts otherwise ignore.
-- Keys live an hour longer, since their time to live still runs by the server's own clock.
--
-- KEYS     none of its own
-- ARGV[#]  microseconds since the start of 2026
-- returns  nothing: defines nowMicros()
-- time     O(1)
-- source   none: a stand-in

local function nowMicros()
  return tonumber(ARGV[#ARGV])
end

local server = redis
local redis = {}

function redis.call(...)
  local command = {...}
  if command[1] == 'SET' and command[4] == 'PX' then
    command[5] = command[5] + 3600000
  end
  return server.call(unpack(command))
end

