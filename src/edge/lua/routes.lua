-- Where each host name's requests go. Rows live in a shared dictionary, so that every worker's very next request sees a
-- change; each worker keeps parsed rows and trusts them while the table's generation stands still.
--
-- One row is one line: site, epoch, gate, live zone, live address, standby zone, standby address, hosts (tabs between).
-- gate: `open`, or `shut` while no copy may be written to. Addresses are `ip:port`, empty when there is none.
local settings = require 'settings'

local rows = ngx.shared.hf_routes
local state = ngx.shared.hf_state

local ROW = '^([^\t]+)\t(%d+)\t([^\t]+)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)$'
local MOST_CACHED = 20000

local routes = {}

local cache, cached = {}, 0

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

local function apply_one(text)
  local row = routes.parse(text)
  if not row then return 'malformed' end
  local held = rows:get('s:' .. row.site)
  local before = held and routes.parse(held)
  -- I10: whoever pushes, an epoch never goes down.
  if before and row.epoch < before.epoch then return 'older' end
  if held == text then return 'same' end
  for host in row.hosts:gmatch('[^,]+') do store(rows, 'h:' .. host, row.site) end
  store(rows, 's:' .. row.site, text)
  if before then
    for host in before.hosts:gmatch('[^,]+') do
      if not in_list(row.hosts, host) and rows:get('h:' .. host) == row.site then rows:delete('h:' .. host) end
    end
  end
  leave(before, row)
  return 'applied'
end

-- Applies rows given as lines; answers how many were applied, the same, older, malformed.
function routes.apply(text)
  local counts = { applied = 0, same = 0, older = 0, malformed = 0 }
  for line in text:gmatch('[^\n]+') do
    local outcome = apply_one(line)
    counts[outcome] = counts[outcome] + 1
  end
  if counts.applied > 0 or not routes.any() then state:incr('generation', 1, 0) end
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
