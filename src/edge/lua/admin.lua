-- What the process beside nginx asks over its private socket, as plain text lines.
local clock = require 'clock'
local health = require 'health'
local requests = require 'requests'
local routes = require 'routes'

local counters = ngx.shared.hf_counters
local state = ngx.shared.hf_state

local MOST_COPIES = 20000

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
    local sites = counters:get('held-sites:' .. worker)
    if sites then
      for entry in sites:gmatch('[^;]+') do ngx.say('H ', entry) end
    end
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

-- POST /tick: `quiet ZONE` or `awake ZONE` a line. Answers workers, held requests, touched copies, first writes.
function admin.tick()
  for word, zone in body():gmatch('(%S+) (%S+)') do
    if word == 'quiet' then health.quiet(zone) else health.not_quiet(zone) end
  end
  tell_workers()
  for key, latency in pairs(take_touched()) do
    tell_copy(key, latency)
  end
  for _ = 1, MOST_COPIES do
    local first = counters:rpop('first-writes')
    if not first then break end
    ngx.say('F ', first)
  end
  ngx.say('G ', state:get('generation') or 0)
end

return admin
