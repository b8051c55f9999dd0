-- Every request under way in this worker, the attempts it made, and the counts of each copy.
-- A request's record is found through nginx's own $request_id, because ngx.ctx is lost on the jump to a named location.
local clock = require 'clock'
local health = require 'health'
local workers = require 'workers'

local counters = ngx.shared.hf_counters

local MOST_TOUCHED = 20000
local COUNTS = { 'attempts', 'answered', 'errors', 'refused', 'timeouts' }
-- Upper ends of the classes of time to the first byte, seconds; one more class lies beyond. The same as LATENCY_BOUNDS_MS of
-- src/model/observation.ts.
local LATENCY_BOUNDS = { 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192 }
local CLASSES = #LATENCY_BOUNDS + 1

local requests = {}

local under_way = {}
local copies = {}
-- Copies with something to flush, or somebody waiting.
local active = {}

function requests.begin(host, write)
  local id = ngx.var.request_id
  local request = { id = id, host = host, write = write, jumps = 0, tries = 0, failures = 0, held = 0, began = clock.now() }
  under_way[id] = request
  ngx.ctx.request = request
  return request
end

function requests.current()
  local request = ngx.ctx.request
  if request then return request end
  request = under_way[ngx.var.request_id]
  ngx.ctx.request = request
  return request
end

function requests.done(request)
  under_way[request.id] = nil
end

function requests.none_under_way()
  return next(under_way) == nil
end

local function counts_of(copy)
  local counts = copies[copy.key]
  if not counts then
    counts = { copy = copy, waiting = 0, attempts = 0, answered = 0, errors = 0, refused = 0, timeouts = 0 }
    counts.latency = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
    copies[copy.key] = counts
  end
  active[copy.key] = counts
  return counts
end

-- One attempt begins: it is linked at the end of those who wait for this copy, so that the first is always the oldest.
function requests.attempt(request, copy)
  local counts = counts_of(copy)
  counts.attempts = counts.attempts + 1
  counts.waiting = counts.waiting + 1
  counts.dirty = true
  request.waits_for = counts
  request.waits_since = clock.now()
  request.before, request.after = counts.last, nil
  if counts.last then counts.last.after = request else counts.first = request end
  counts.last = request
end

-- Since the attempt began, so that neither a hold nor an attempt before it counts as the copy's.
local function count_latency(counts, took)
  local class = 1
  while class < CLASSES and took > LATENCY_BOUNDS[class] do
    class = class + 1
  end
  counts.latency[class] = counts.latency[class] + 1
  counts.measured = true
end

-- The attempt under way ended as `kind` (answered, errors, refused, timeouts; nil: nobody's fault).
function requests.attempt_ended(request, kind)
  local counts = request.waits_for
  if not counts then return end
  request.waits_for = nil
  counts.waiting = counts.waiting - 1
  local before, after = request.before, request.after
  if before then before.after = after else counts.first = after end
  if after then after.before = before else counts.last = before end
  request.before, request.after = nil, nil
  requests.count(counts, kind)
  if kind == 'answered' or kind == 'errors' then count_latency(counts, counts.answered_at - request.waits_since) end
end

function requests.count(counts, kind)
  if kind then counts[kind] = counts[kind] + 1 end
  if kind == 'answered' or kind == 'errors' then counts.answered_at = clock.now() end
  counts.dirty = true
  active[counts.copy.key] = counts
end

-- A probe of our own counts as an attempt like any other, so that a copy nobody is sent to is still reported on. How long it
-- took is not a visitor's latency.
function requests.probe_ended(copy, kind)
  local counts = counts_of(copy)
  counts.attempts = counts.attempts + 1
  requests.count(counts, kind)
end

-- The classes with anything in them, as ` class:count` each, counted from 0.
local function latency_text(counts)
  if not counts.measured then return '' end
  local parts = {}
  for class = 1, CLASSES do
    local count = counts.latency[class]
    if count > 0 then parts[#parts + 1] = ' ' .. class - 1 .. ':' .. count end
  end
  return table.concat(parts)
end

-- The latencies travel with the notice that this copy was touched: no further access to the dictionary, nothing to reset in it.
local function tell_touched(key, counts)
  if (counters:llen('touched') or 0) >= MOST_TOUCHED then return end
  if not counters:lpush('touched', key .. latency_text(counts)) then return end
  if not counts.measured then return end
  for class = 1, CLASSES do
    counts.latency[class] = 0
  end
  counts.measured = nil
end

local function flush_copy(key, counts, worker)
  for _, name in ipairs(COUNTS) do
    if counts[name] > 0 then
      counters:incr(name .. ':' .. key, counts[name], 0)
      counts[name] = 0
    end
  end
  local since = counts.first and counts.first.waits_since or 0
  counters:set('w:' .. worker .. ':' .. key, counts.waiting .. ' ' .. string.format('%.3f', since))
  if counts.answered_at then
    health.answered(key, counts.copy.zone, counts.answered_at)
    counts.answered_at = nil
  end
  counts.dirty = false
  tell_touched(key, counts)
end

-- Makes this worker's counts visible to all; called from the loop.
function requests.flush()
  local worker = ngx.worker.pid()
  for key, counts in pairs(active) do
    if counts.dirty or counts.waiting > 0 then flush_copy(key, counts, worker) else active[key] = nil end
  end
end

-- How many wait for a copy in all workers, and since when the oldest does (clock.now(); 0: nobody).
function requests.waiting(key)
  local waiting, oldest = 0, 0
  for _, pid in ipairs(workers.pids()) do
    local text = counters:get('w:' .. pid .. ':' .. key)
    if text then
      local count, since = text:match('^(%d+) ([%d.]+)$')
      count, since = tonumber(count), tonumber(since)
      waiting = waiting + count
      if count > 0 and (oldest == 0 or since < oldest) then oldest = since end
    end
  end
  return waiting, oldest
end

-- Looks for copies that accept and never answer.
function requests.judge()
  for key, counts in pairs(active) do
    if counts.waiting > 0 then
      local waiting, oldest = requests.waiting(key)
      if waiting > 0 then health.judge(counts.copy, waiting, oldest) end
    end
  end
end

local written = {}

-- Tells, once per epoch, when the first request other than GET and HEAD was answered under it.
function requests.first_write(request)
  local site, epoch = request.row.site, request.epoch
  if written[site] == epoch then return end
  written[site] = epoch
  if (counters:get('f:' .. site) or 0) >= epoch then return end
  counters:set('f:' .. site, epoch)
  if (counters:llen('first-writes') or 0) < MOST_TOUCHED then
    counters:lpush('first-writes', site .. ' ' .. epoch .. ' ' .. math.floor(ngx.now() * 1000))
  end
end

return requests
