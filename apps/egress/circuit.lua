-- One circuit of a workspace, looked at or changed in one step, whoever asks from wherever.
--
-- KEYS[1]  the hash of a workspace's circuits
-- ARGV     the step, the circuit's name, and what the step needs to know as JSON
-- returns  {verdict, the circuit as JSON or "", the time by this server's clock}

local step, name, given = ARGV[1], ARGV[2], cjson.decode(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local stored = redis.call('HGET', KEYS[1], name)
local it = stored and cjson.decode(stored) or {
  open = false, failures = 0, opens = 0, since = now, next_try = 0, slots = {}, probes = {},
}

local function answer(verdict)
  return {verdict, stored and cjson.encode(it) or '', tostring(now)}
end

local function make_room()
  local victim, oldest
  local all = redis.call('HGETALL', KEYS[1])
  if #all / 2 < given.most then return end
  for place = 1, #all, 2 do
    local other = cjson.decode(all[place + 1])
    local age = (other.open and 1e12 or 0) + other.last_at -- open ones go last
    if not oldest or age < oldest then victim, oldest = all[place], age end
  end
  redis.call('HDEL', KEYS[1], victim)
end

local function save()
  if not stored then make_room() end
  stored = cjson.encode(it)
  redis.call('HSET', KEYS[1], name, stored)
  redis.call('EXPIRE', KEYS[1], given.keep_s)
end

local function count(failed)
  local slot, width = math.floor(now / given.slot_s), given.window_s / given.slot_s
  for key in pairs(it.slots) do
    if tonumber(key) <= slot - width then it.slots[key] = nil end
  end
  local entry = it.slots[tostring(slot)] or {0, 0}
  it.slots[tostring(slot)] = {entry[1] + failed, entry[2] + 1}
end

local function is_too_much()
  local failed, total = 0, 0
  for _, entry in pairs(it.slots) do failed, total = failed + entry[1], total + entry[2] end
  return it.failures >= given.failures or (total >= given.volume and failed >= given.share * total)
end

local function free_probes()
  local free = given.probes
  for id, ends in pairs(it.probes) do
    if ends <= now then it.probes[id] = nil else free = free - 1 end
  end
  return free
end

-- Steps ---------------------------------------------------------------------------------------

local function admit()
  if not it.open then return answer('closed') end
  if now < it.next_try then return answer('open') end
  if free_probes() < 1 then return answer('busy') end
  it.probes[given.id] = now + given.probe_s
  save()
  return answer('probe')
end

local function press()
  if it.open and now < it.next_try and now - it.last_at >= given.press_s then it.next_try = now end
  return admit()
end

local function open()
  local again = it.open
  if not again then it.since = now end
  if it.closed_at and now - it.closed_at > given.calm_s then it.opens = 0 end
  it.opens = it.opens + 1
  local pause = math.min(given.longest_s, given.open_s * 2 ^ (it.opens - 1)) * given.jitter
  it.next_try = now + math.max(pause, given.retry_after)
  it.open, it.probes, it.slots = true, {}, {}
  return again and 'reopened' or 'opened'
end

local function fault()
  local verdict, was_probe = '', it.probes[given.id]
  if it.last_at and now - it.last_at > given.calm_s then it.failures = 0 end
  it.failures, it.last_error, it.last_at = it.failures + 1, given.reason, now
  if it.open then
    if was_probe then verdict = open() end
  else
    count(1)
    if is_too_much() then verdict = open() end
  end
  save()
  return answer(verdict)
end

local function well()
  if not stored then return answer('') end
  local verdict = ''
  if it.open then
    if not it.probes[given.id] then return answer('') end -- began before it opened
    it.open, it.closed_at, it.since, it.probes, it.slots = false, now, now, {}, {}
    verdict = 'recovered'
  else
    count(0)
  end
  it.failures = 0
  save()
  return answer(verdict)
end

local function give_back()
  if it.probes[given.id] then
    it.probes[given.id] = nil
    save()
  end
  return answer('')
end

local function hurry()
  if not it.open then return answer('closed') end
  it.next_try, it.probes = now, {}
  save()
  return answer('hurried')
end

local steps = {
  admit = admit, press = press, fault = fault, well = well, give_back = give_back, hurry = hurry,
}
return steps[step]()
