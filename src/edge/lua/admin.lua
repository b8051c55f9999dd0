-- What the process beside nginx asks over its private socket, as plain text lines.
local clock = require 'clock'
local flights = require 'flights'
local health = require 'health'
local requests = require 'requests'
local routes = require 'routes'
local visits = require 'visits'
local workers = require 'workers'

local counters = ngx.shared.hf_counters
local state = ngx.shared.hf_state

local MOST_COPIES = 20000
-- How long `/drained` waits, and how often it looks; a shorter sleep would not yield.
local DRAINED_WAIT = 0.2
local DRAINED_LOOK = 0.002

local admin = {}

local function body()
  ngx.req.read_body()
  local text = ngx.req.get_body_data()
  if text then return text end
  local name = ngx.req.get_body_file()
  local file = name and io.open(name, 'r')
  if not file then return '' end
  text = file:read('*a')
  file:close()
  return text
end

-- POST /routes: rows, one a line.
function admin.routes()
  local counts = routes.apply(body())
  ngx.say(string.format('%d %d %d %d', counts.applied, counts.same, counts.older, counts.malformed))
end

local function tell_workers()
  for worker = 0, ngx.worker.count() - 1 do
    ngx.say('W ', worker, ' ', state:get('pid:' .. worker) or 0, ' ', state:get('beats:' .. worker) or 0)
  end
  for _, pid in ipairs(workers.pids()) do
    local sites = counters:get('held-sites:' .. pid)
    if sites then
      for entry in sites:gmatch('[^;]+') do ngx.say('H ', entry) end
    end
  end
end

-- `R SITE EPOCH COUNT`: under way of a held site, exact or `-`; `R SITE - COUNT`: of another one that has changed, as of the last flush.
local function tell_flights()
  local held, seen = routes.held(), {}
  for _, line in ipairs((flights.tell_held())) do ngx.say('R ', line) end
  for _ = 1, MOST_COPIES do
    local site = counters:rpop('flown')
    if not site then return end
    if not held[site] and not seen[site] then ngx.say('R ', site, ' - ', flights.count(site)) end
    seen[site] = true
  end
end

-- What was noted since the last tick, one line each.
local function tell_list(word, list)
  for _ = 1, MOST_COPIES do
    local entry = counters:rpop(list)
    if not entry then return end
    ngx.say(word, ' ', entry)
  end
end

-- `0:12,4:1`: only what was counted since the last tick, unlike the counts before it, which only grow; `-`: nothing.
local function latency_text(latency)
  local parts = {}
  for class, count in pairs(latency) do
    parts[#parts + 1] = class .. ':' .. count
  end
  return #parts > 0 and table.concat(parts, ',') or '-'
end

local function tell_copy(key, latency)
  local now = clock.now()
  local waiting, oldest = requests.waiting(key)
  local answered_at = health.answered_at(key)
  ngx.say(
    table.concat({
      'C',
      key,
      counters:get('attempts:' .. key) or 0,
      counters:get('answered:' .. key) or 0,
      counters:get('errors:' .. key) or 0,
      counters:get('refused:' .. key) or 0,
      counters:get('timeouts:' .. key) or 0,
      waiting,
      oldest > 0 and math.max(0, math.floor((now - oldest) * 1000)) or 0,
      answered_at and math.max(0, math.floor((now - answered_at) * 1000)) or '-',
      latency_text(latency),
    }, ' ')
  )
end

-- The copies that workers have touched since the last tick, each with its latencies added up: `{ class = count }`.
local function take_touched()
  local touched = {}
  for _ = 1, MOST_COPIES do
    local entry = counters:rpop('touched')
    if not entry then break end
    local key, classes = entry:match('^(%S+)(.*)$')
    local latency = touched[key] or {}
    touched[key] = latency
    for class, count in classes:gmatch('(%d+):(%d+)') do
      latency[class] = (latency[class] or 0) + count
    end
  end
  return touched
end

-- POST /drained: names of held sites, one a line. Answers how many requests of each held site are under way, as soon as one of
-- these has none left or is not held any more, or after a while.
function admin.drained()
  local wanted = {}
  for site in body():gmatch('%S+') do wanted[site] = true end
  local till = clock.now() + DRAINED_WAIT
  while true do
    local lines, news = flights.tell_held(wanted)
    if news or clock.now() >= till then
      for _, line in ipairs(lines) do ngx.say('R ', line) end
      return
    end
    ngx.sleep(DRAINED_LOOK)
  end
end

-- POST /visits: the name of the batch that is safe by now, or nothing. Answers the next one.
function admin.visits()
  ngx.print(visits.take(body()))
end

-- POST /tick: `quiet ZONE` or `awake ZONE` a line. Answers workers, held requests, touched copies, requests under way, and what
-- was noted: first writes, failures, sites that were let go.
function admin.tick()
  for word, zone in body():gmatch('(%S+) (%S+)') do
    if word == 'quiet' then health.quiet(zone) else health.not_quiet(zone) end
  end
  workers.bury()
  tell_workers()
  local touched = take_touched()
  for key, latency in pairs(touched) do
    tell_copy(key, latency)
  end
  tell_flights()
  tell_list('F', 'first-writes')
  tell_list('X', 'failed')
  tell_list('L', 'let-go')
  ngx.say('G ', state:get('generation') or 0)
end

return admin
