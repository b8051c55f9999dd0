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

local function tell_copy(key)
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
    }, ' ')
  )
end

-- POST /tick: `quiet ZONE` or `awake ZONE` a line. Answers workers, held requests, touched copies, first writes.
function admin.tick()
  for word, zone in body():gmatch('(%S+) (%S+)') do
    if word == 'quiet' then health.quiet(zone) else health.not_quiet(zone) end
  end
  tell_workers()
  local told = {}
  for _ = 1, MOST_COPIES do
    local key = counters:rpop('touched')
    if not key then break end
    if not told[key] then
      told[key] = true
      tell_copy(key)
    end
  end
  for _ = 1, MOST_COPIES do
    local first = counters:rpop('first-writes')
    if not first then break end
    ngx.say('F ', first)
  end
  ngx.say('G ', state:get('generation') or 0)
end

return admin
