-- Takes permits from all limits of a key at once, as many as each of some calls may have. A run may be
-- a debt instead, permits that were given out already: of it each limit takes what it has room for.
--
-- KEYS[1]      the key's state, see state.lua
-- ARGV[1]      the layout of the limits
-- ARGV[2]      the longest horizon of any call: microseconds                        number >= 0
-- ARGV[2 + i]  how far limit i may run ahead, its burst: microseconds               number > 0
-- then for each run of calls three:
--              cost of a call                                                       integer > 0
--              how many such calls there are                                        integer > 0
--              how far into the future they may take them, microseconds; -1: a debt    number >= 0
--
-- returns  {now, the TATs found, packed, and for each run how many of its calls were granted, 0 of a debt}
-- time     O(limits * runs)
-- source   GCRA: ITU-T I.371, annex A (virtual scheduling); docs/rate-limiter.md

local layout, limits, now = ARGV[1], #ARGV[1] / 12, nowMicros()
local tats = readState(redis.call('GET', KEYS[1]), layout, limits, now)
local periods, found, changed = {}, {}, false

-- A TAT in the past means a full burst. One beyond what calls can have taken means that this clock was
-- set back, and must not shut the key for as long as that: what is put right stays so.
for i = 1, limits do
  local latest = now + ARGV[2 + i] + ARGV[2]
  local tat = tats[i] or now
  changed = changed or tat > latest
  tats[i] = math.max(now, math.min(tat, latest))
  found[i] = struct.pack('<d', tats[i])
  periods[i] = struct.unpack('<d', layout, 12 * i - 7)
end

local reply = {now, table.concat(found)}
for run = 3 + limits, #ARGV - 2, 3 do
  local cost, calls, horizon = tonumber(ARGV[run]), tonumber(ARGV[run + 1]), tonumber(ARGV[run + 2])
  local owed = 0
  if horizon < 0 then
    owed, calls, horizon = calls * cost, 0, 0
  end
  for i = 1, limits do
    local room = now + ARGV[2 + i] + horizon - tats[i]
    tats[i] = tats[i] + math.max(0, math.min(owed * periods[i], room))
    local fit = math.floor(room / (periods[i] * cost))
    if fit * cost * periods[i] > room then
      fit = fit - 1
    end
    calls = math.min(calls, math.max(fit, 0))
  end
  for i = 1, limits do
    tats[i] = tats[i] + calls * cost * periods[i]
  end
  changed = changed or calls + owed > 0
  reply[#reply + 1] = calls
end

if changed then
  writeState(KEYS[1], layout, tats, now)
end

return reply
