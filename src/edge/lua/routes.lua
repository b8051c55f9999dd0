-- Where each host name's requests go. Rows live in a shared dictionary, so that every worker's very next request sees a
-- change; each worker keeps parsed rows and trusts them while the table's generation stands still.
--
-- One row is one line: site, epoch, gate, live zone, live address, standby zone, standby address, hosts (tabs between).
-- gate: `open`; `shut` while no copy may be written to; `held` while nothing new is passed on at all, since the site is about to be
-- moved. Addresses are `ip:port`, empty when there is none.
local clock = require 'clock'
local settings = require 'settings'

local rows = ngx.shared.hf_routes
local state = ngx.shared.hf_state
local counters = ngx.shared.hf_counters

local ROW = '^([^\t]+)\t(%d+)\t([^\t]+)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)$'
local MOST_CACHED = 20000
-- A site is held for so long at most while no newer row comes: whoever ordered it may be gone, and the fence protects what is written.
local LET_GO_AFTER = 3
local TOLD_FOR = 60
local MOST_TOLD = 1000

local routes = {}

local cache, cached = {}, 0
local held, held_text = {}, nil

local function to_copy(site, zone, address, hosts)
  if address == '' then return nil end
  local ip, port = address:match('^(.*):(%d+)$')
  if not ip then return nil end
  return { key = site .. '@' .. zone, zone = zone, address = address, ip = ip, port = tonumber(port), host = hosts:match('^[^,]*') }
end

function routes.parse(text)
  local site, epoch, gate, live_zone, live, standby_zone, standby, hosts = text:match(ROW)
  if not site then return nil end
  return {
    text = text,
    site = site,
    epoch = tonumber(epoch),
    gate = gate,
    live = to_copy(site, live_zone, live, hosts),
    standby = to_copy(site, standby_zone, standby, hosts),
    hosts = hosts,
  }
end

-- The row of a host name, or nil.
function routes.of(host)
  local generation = state:get('generation')
  local row = cache[host]
  if row and row.generation == generation then return row end
  local site = rows:get('h:' .. host)
  if not site then return nil end
  local text = rows:get('s:' .. site)
  if not text then return nil end
  if not row or row.text ~= text then
    row = routes.parse(text)
    if row.gate == 'held' then row.let_go_at = rows:get('u:' .. site) or 0 end
    if cached >= MOST_CACHED then cache, cached = {}, 0 end
    if not cache[host] then cached = cached + 1 end
    cache[host] = row
  end
  row.generation = generation
  return row
end

-- False until any route was ever pushed: then an unknown host is our own fault.
function routes.any()
  return state:get('generation') ~= nil
end

-- Grows with every change of the table.
function routes.generation()
  return state:get('generation') or 0
end

local function tell_let_go(row)
  row.let_go_told = true
  if not state:add('told:' .. row.site .. ':' .. row.epoch, true, TOLD_FOR) then return end
  ngx.log(ngx.WARN, row.site, ' was held for ', LET_GO_AFTER, ' s under epoch ', row.epoch, ', and nothing newer came: letting go')
  if (counters:llen('let-go') or 0) < MOST_TOLD then counters:lpush('let-go', row.site .. ' ' .. row.epoch) end
end

-- Nothing may be passed on under this row just now.
function routes.holds_all(row)
  if row.gate ~= 'held' then return false end
  if clock.now() < row.let_go_at then return true end
  if not row.let_go_told then tell_let_go(row) end
  return false
end

-- The sites whose rows are `held`: `{ site = { epoch, generation that the hold has been in force since } }`.
function routes.held()
  local text = rows:get('held')
  if text == held_text then return held end
  held_text, held = text, {}
  for site, epoch, generation in (text or ''):gmatch('(%S+) (%d+) (%d+)\n') do
    held[site] = { epoch = tonumber(epoch), generation = tonumber(generation) }
  end
  return held
end

local function in_list(hosts, host)
  return (',' .. hosts .. ','):find(',' .. host .. ',', 1, true) ~= nil
end

local function store(dictionary, key, value)
  local ok, trouble = dictionary:safe_set(key, value)
  if not ok then error('no room for routes: ' .. tostring(trouble)) end
end

-- Requests that hang in the copy that was live are to be cut loose, in every worker.
local function leave(before, row)
  if not before or not before.live then return end
  if row.live and row.live.address == before.live.address then return end
  local turn = state:incr('cuts', 1, 0)
  state:set('cut:' .. turn, before.live.address, 10)
end

-- A newer epoch is held for its full time; the same one, pushed again with another address, is not.
local function note_hold(before, row)
  if row.gate ~= 'held' then
    rows:delete('u:' .. row.site)
  elseif not before or before.gate ~= 'held' or before.epoch < row.epoch then
    store(rows, 'u:' .. row.site, clock.now() + LET_GO_AFTER)
  end
end

-- After the generation that brought them: a worker that has seen it passes nothing of these sites on.
local function list_held(touched)
  local now, generation, lines = {}, routes.generation(), {}
  for site, hold in pairs(routes.held()) do now[site] = hold end
  for site, row in pairs(touched) do
    now[site] = row.gate == 'held' and { epoch = row.epoch, generation = generation } or nil
  end
  for site, hold in pairs(now) do
    lines[#lines + 1] = string.format('%s %d %d\n', site, hold.epoch, hold.generation)
  end
  if #lines > 0 then store(rows, 'held', table.concat(lines)) else rows:delete('held') end
end

local function apply_one(text, touched)
  local row = routes.parse(text)
  if not row then return 'malformed' end
  local held = rows:get('s:' .. row.site)
  local before = held and routes.parse(held)
  -- I10: whoever pushes, an epoch never goes down.
  if before and row.epoch < before.epoch then return 'older' end
  if held == text then return 'same' end
  note_hold(before, row)
  for host in row.hosts:gmatch('[^,]+') do store(rows, 'h:' .. host, row.site) end
  store(rows, 's:' .. row.site, text)
  if before then
    for host in before.hosts:gmatch('[^,]+') do
      if not in_list(row.hosts, host) and rows:get('h:' .. host) == row.site then rows:delete('h:' .. host) end
    end
  end
  leave(before, row)
  if row.gate == 'held' or (before and before.gate == 'held') then touched[row.site] = row end
  return 'applied'
end

-- Applies rows given as lines; answers how many were applied, the same, older, malformed.
function routes.apply(text)
  local counts = { applied = 0, same = 0, older = 0, malformed = 0 }
  local touched = {}
  for line in text:gmatch('[^\n]+') do
    local outcome = apply_one(line, touched)
    counts[outcome] = counts[outcome] + 1
  end
  if counts.applied > 0 or not routes.any() then state:incr('generation', 1, 0) end
  if next(touched) then list_held(touched) end
  return counts
end

-- The rows that the process beside us wrote down before it pushed them: what a restart serves by, store or no store.
function routes.load()
  local file = io.open(settings.routes_file, 'r')
  if not file then return end
  local text = file:read('*a')
  file:close()
  if text ~= '' then routes.apply(text) end
end

return routes
