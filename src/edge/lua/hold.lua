-- Requests that wait for their site to be moved, or for a zone to answer again. Each sleeps on a semaphore of its own; one
-- loop a worker looks every 10 ms and lets them go at a pace that the zone can take (thousands at once overrun its queue).
local clock = require 'clock'
local routes = require 'routes'
local settings = require 'settings'
local semaphore = require 'ngx.semaphore'
local workers = require 'workers'

local counters = ngx.shared.hf_counters

-- A shorter wait returns without yielding, and a loop "until the deadline" would spin for ever.
local SHORTEST_WAIT = 0.002
local MOST_REARMS = 2
local MOST_REPORTED_SITES = 500

local hold = {}

-- By site and kind of request: first come, first served.
local queues = {}
local held, published = 0, 0

local function queue_of(site, write)
  local key = site .. (write and ' w' or ' r')
  local queue = queues[key]
  if not queue then
    queue = { site = site, write = write, first = 1, last = 0, alive = 0 }
    queues[key] = queue
  end
  return key, queue
end

local function held_elsewhere()
  local count = 0
  for _, pid in ipairs(workers.pids()) do
    if pid ~= ngx.worker.pid() then count = count + (counters:get('held:' .. pid) or 0) end
  end
  return count
end

local function leave_queue(waiter)
  if waiter.gone then return end
  waiter.gone = true
  waiter.queue.alive = waiter.queue.alive - 1
  held = held - 1
end

-- The limit is over: was the request overtaken by a switch, so that it deserves another turn?
local function rearm(request, waiter, may_go)
  local row = routes.of(request.host)
  if not row or request.rearms >= MOST_REARMS then return false end
  if row.epoch == waiter.epoch and not may_go(row, waiter.queue.write) then return false end
  request.rearms = request.rearms + 1
  waiter.epoch = row.epoch
  request.deadline = clock.now() + settings.hold_limit
  return true
end

-- Parks the request of this coroutine. Answers `released`, `late` (its limit is over) or `full` (too many wait).
function hold.wait(request, row, may_go)
  if held + held_elsewhere() >= settings.hold_most then return 'full' end
  local began = clock.now()
  request.deadline = request.deadline or began + settings.hold_limit
  request.rearms = request.rearms or 0
  local _, queue = queue_of(row.site, request.write)
  local waiter = { queue = queue, since = began, host = request.host, epoch = row.epoch, bell = semaphore.new() }
  queue.last = queue.last + 1
  queue[queue.last] = waiter
  queue.alive = queue.alive + 1
  held = held + 1
  request.waiter = waiter

  local outcome
  while not outcome do
    local left = request.deadline - clock.now()
    if left > SHORTEST_WAIT then
      waiter.bell:wait(left)
      if waiter.released then outcome = 'released' end
    elseif not rearm(request, waiter, may_go) then
      outcome = 'late'
    end
  end
  leave_queue(waiter)
  request.waiter = nil
  request.held = request.held + (clock.now() - began)
  return outcome
end

-- Its client went away while it waited.
function hold.abandon(request)
  local waiter = request.waiter
  if not waiter then return end
  request.held = request.held + (clock.now() - waiter.since)
  leave_queue(waiter)
end

local function skip_gone(queue)
  while queue.first <= queue.last and queue[queue.first].gone do
    queue[queue.first] = nil
    queue.first = queue.first + 1
  end
  return queue[queue.first]
end

local function release_from(queue, budget, may_go)
  local waiter = skip_gone(queue)
  local row = waiter and routes.of(waiter.host)
  if not row or not may_go(row, queue.write) then return budget end
  while waiter and budget > 0 do
    waiter.released = true
    waiter.bell:post(1)
    leave_queue(waiter)
    budget = budget - 1
    waiter = skip_gone(queue)
  end
  return budget
end

-- One turn of the loop.
function hold.release(may_go)
  if next(queues) == nil then return end
  local budget = settings.release_per_turn
  for key, queue in pairs(queues) do
    if budget > 0 then budget = release_from(queue, budget, may_go) end
    if not skip_gone(queue) then queues[key] = nil end
  end
end

-- Tells the other workers and the process beside us: how many wait here, and per site since when.
function hold.publish()
  local worker = ngx.worker.pid()
  if held == 0 and published == 0 then return end
  counters:set('held:' .. worker, held)
  local now, parts = clock.now(), {}
  for _, queue in pairs(queues) do
    local oldest = skip_gone(queue)
    if oldest and #parts < MOST_REPORTED_SITES then
      parts[#parts + 1] = string.format('%s %d %d', queue.site, queue.alive, (now - oldest.since) * 1000)
    end
  end
  counters:set('held-sites:' .. worker, table.concat(parts, ';'))
  published = held
end

function hold.count()
  return held
end

return hold
