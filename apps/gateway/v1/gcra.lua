-- Rates as theoretical arrival times (GCRA): for each key the moment at which it is at rest again.
-- KEYS: one for each rate. ARGV: "take" or "settle", then for each rate its units a minute and the
-- units that are taken; settling puts a guess right and refuses nothing.
-- All or nothing: where one rate has no room, nothing is taken of the others.
-- Answers: which rate refused (0: none), seconds to wait, then for each rate the units that are left
-- and the seconds until it is whole again.
local time = redis.call("TIME")
local now = time[1] + time[2] / 1e6
local window = 60
local refused, wait = 0, 0
local before, after = {}, {}
for place, key in ipairs(KEYS) do
  local limit, cost = tonumber(ARGV[2 * place]), tonumber(ARGV[2 * place + 1])
  before[place] = math.max(tonumber(redis.call("GET", key) or now), now)
  after[place] = math.max(before[place] + cost * window / limit, now)
  local over = after[place] - now - window
  if ARGV[1] == "take" and refused == 0 and over > 1e-6 then
    refused, wait = place, over
  end
end
local answer = { refused, tostring(wait) }
for place, key in ipairs(KEYS) do
  local limit = tonumber(ARGV[2 * place])
  local rest = before[place]
  if refused == 0 then
    rest = after[place]
    redis.call("SET", key, string.format("%.6f", rest), "PX", math.ceil((rest - now) * 1000) + 1000)
  end
  answer[#answer + 1] = math.max(0, math.floor((window - (rest - now)) * limit / window + 1e-6))
  answer[#answer + 1] = tostring(rest - now)
end
return answer
