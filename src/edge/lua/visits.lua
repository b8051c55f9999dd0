-- Visitors' requests as they ended, by site and second: what the service level and an incident's figures are computed from. Each
-- counts exactly once: the process beside us takes them in numbered batches, and gets the same batch again until it says it has it.
local clock = require 'clock'
local health = require 'health'
local routes = require 'routes'

local counters = ngx.shared.hf_counters

-- The same as in src/model/latency.ts.
local STEP = math.log(1.08)
local LAST_CLASS = 151
local MOST_LISTED = 20000
-- Of one worker, while nobody takes them; beyond it seconds are no longer kept apart, so that still no request is left out.
local MOST_FINISHED = 20000
local MOST_IN_BATCH = 2000
local LIST, BATCH = 'visits', 'visits-batch'
-- A visitor who left without an answer earlier than this had no reason to complain.
local PATIENCE = 10
-- For so long it is waited for the reason why an answer ended too early: a visitor who left, or a copy that died.
local DOUBT = 3
local MOST_DOUBTED = 1000

local visits = {}

-- By site: the entry of the newest second. Then those of earlier seconds, that are to be told.
local open, finished = {}, {}
local doubted = {}

local function class_of(ms)
  if ms < 1 then return 0 end
  return math.min(LAST_CLASS, 1 + math.floor(math.log(ms) / STEP + 1e-9))
end

local function entry_of(site, second)
  local entry = open[site]
  if entry and (entry.second == second or #finished >= MOST_FINISHED) then return entry end
  if entry then finished[#finished + 1] = entry end
  entry = { site = site, second = second, requests = 0, failed = 0, held = 0, held_longest = 0, longest = 0, latency = {} }
  open[site] = entry
  return entry
end

local function count(visit, failed)
  local entry = entry_of(visit.site, visit.second)
  entry.requests = entry.requests + 1
  if failed then entry.failed = entry.failed + 1 end
  if visit.held > 0 then
    if not failed then entry.held = entry.held + 1 end
    entry.held_longest = math.max(entry.held_longest, visit.held)
  end
  if not visit.waited then return end
  entry.longest = math.max(entry.longest, visit.waited)
  local class = class_of(visit.waited)
  entry.latency[class] = (entry.latency[class] or 0) + 1
end

-- The head of its answer leaves.
function visits.answered(request)
  request.answered_at = request.answered_at or clock.now()
end

-- `cut`: its answer was cut short, since the site has moved. `whole`: nginx has sent all of it.
function visits.ended(request, status, cut, whole)
  if not request.row then return end
  local now = clock.now()
  local answered_at = request.answered_at
  if status == 499 and not answered_at and now - request.began < PATIENCE then return end
  local visit = {
    site = request.row.site,
    second = math.floor(ngx.now()),
    held = math.floor(request.held * 1000 + 0.5),
    waited = answered_at and math.floor((answered_at - request.began) * 1000 + 0.5),
  }
  local failed = status >= 500 or cut or not answered_at
  if failed or whole or request.upgrade or not request.copy or #doubted >= MOST_DOUBTED then return count(visit, failed) end
  visit.copy, visit.till = request.copy, now + DOUBT
  visit.host = request.host
  doubted[#doubted + 1] = visit
end

-- The copy it came from has got into trouble, or the site has left it.
local function died(visit)
  local row = routes.of(visit.host)
  return health.trouble(visit.copy) or (row and row.live and row.live.key ~= visit.copy.key and row.site == visit.site)
end

local function settle_doubts(all)
  if #doubted == 0 then return end
  local now, left = clock.now(), {}
  for _, visit in ipairs(doubted) do
    local failed = died(visit)
    if failed or all or now >= visit.till then count(visit, failed) else left[#left + 1] = visit end
  end
  doubted = left
end

-- `SITE SECOND REQUESTS FAILED HELD HELD_LONGEST LONGEST CLASS:COUNT,…`
local function text_of(entry)
  local classes = {}
  for class, count_of in pairs(entry.latency) do classes[#classes + 1] = class .. ':' .. count_of end
  return string.format(
    '%s %d %d %d %d %d %d %s',
    entry.site, entry.second, entry.requests, entry.failed, entry.held, entry.held_longest, entry.longest,
    #classes > 0 and table.concat(classes, ',') or '-'
  )
end

local function list(entry)
  if (counters:llen(LIST) or 0) >= MOST_LISTED then return false end
  return counters:lpush(LIST, text_of(entry)) ~= nil
end

-- Makes visible to all what belongs to a second that is over. `all`: everything, since this worker ends.
function visits.flush(all)
  settle_doubts(all)
  local second = math.floor(ngx.now())
  for site, entry in pairs(open) do
    if (all or entry.second < second) and #finished < MOST_FINISHED then
      finished[#finished + 1] = entry
      open[site] = nil
    end
  end
  local told = 0
  for _, entry in ipairs(finished) do
    if not list(entry) then break end
    told = told + 1
  end
  if told == 0 then return end
  if told == #finished then
    finished = {}
    return
  end
  local left = {}
  for at = told + 1, #finished do left[#left + 1] = finished[at] end
  finished = left
end

-- The batch after the one named `have`; the same one again while somebody else's name is given. Its first line is its name; a batch
-- without a second line is empty, and need not be confirmed.
function visits.take(have)
  local batch = counters:get(BATCH)
  if batch then
    if batch:match('^[^\n]*') ~= have then return batch end
    counters:delete(BATCH)
  end
  local lines = { ngx.worker.pid() .. '-' .. (counters:incr('visits-batches', 1, 0)) .. '-' .. math.floor(ngx.now() * 1000) }
  for _ = 1, MOST_IN_BATCH do
    local entry = counters:rpop(LIST)
    if not entry then break end
    lines[#lines + 1] = entry
  end
  batch = table.concat(lines, '\n') .. '\n'
  if #lines == 1 then return batch end
  local ok, trouble = counters:set(BATCH, batch)
  if not ok then ngx.log(ngx.ERR, 'a batch of visits cannot be kept until it is confirmed: ', trouble) end
  return batch
end

return visits
