-- Requests that were passed on to a copy and have not ended, by site; and those that ended badly. A planned move waits for a held
-- site to have none left, so for held sites every worker's count is published at once, together with the generation of the route
-- table that it has seen: a worker that has seen the hold passes nothing on any more, so that its count can only fall.
local routes = require 'routes'
local workers = require 'workers'

local counters = ngx.shared.hf_counters

local MOST_LISTED_SITES = 20000

local flights = {}

-- By site: `count`, `held` while its row holds everybody, and what was published last.
local sites = {}
local changed = {}
local failed = {}
local holding = {}

local function flight_of(site)
  local flight = sites[site]
  if not flight then
    flight = { site = site, count = 0 }
    sites[site] = flight
  end
  return flight
end

local function publish(flight)
  local key = 'i:' .. ngx.worker.pid() .. ':' .. flight.site
  if flight.count == 0 and not flight.held then
    if sites[flight.site] == flight then
      counters:delete(key)
      sites[flight.site] = nil
    end
    return
  end
  local generation = routes.generation()
  counters:set(key, flight.count .. ' ' .. generation)
  flight.published, flight.generation = flight.count, generation
end

-- The request is passed on to a copy: the first time, or again after it had landed.
function flights.depart(request)
  if request.flight then return end
  local flight = flight_of(request.row.site)
  flight.count = flight.count + 1
  changed[flight] = true
  request.flight = flight
end

-- It has ended, or is in nobody's hands but ours.
function flights.land(request)
  local flight = request.flight
  if not flight then return end
  request.flight = nil
  flight.count = flight.count - 1
  if flight.held then publish(flight) else changed[flight] = true end
end

-- A visitor was answered with an error, or with half of an answer.
function flights.failed(site)
  failed[site] = (failed[site] or 0) + 1
end

-- One turn of the loop: what is held has to be known now.
function flights.turn()
  local held = routes.held()
  if held ~= holding then
    for site in pairs(holding) do
      local flight = sites[site]
      if flight and not held[site] then
        flight.held = nil
        changed[flight] = true
      end
    end
    holding = held
  end
  if next(holding) == nil then return end
  for site, hold in pairs(holding) do
    local flight = flight_of(site)
    flight.held = true
    if flight.published ~= flight.count or (flight.generation or 0) < hold.generation then publish(flight) end
  end
end

local function list(name, entry)
  if (counters:llen(name) or 0) >= MOST_LISTED_SITES then return false end
  return counters:lpush(name, entry) ~= nil
end

-- Makes the other sites' counts visible to all, and says which have changed: the end of a request touches no copy.
function flights.flush()
  for flight in pairs(changed) do
    if flight.published ~= flight.count or flight.count == 0 then publish(flight) end
    if list('flown', flight.site) then changed[flight] = nil end
  end
  for site, count in pairs(failed) do
    if list('failed', site .. ' ' .. count) then failed[site] = nil end
  end
end

-- Over all workers; nil when one of them has not published since `generation`.
local function total(site, generation)
  local sum = 0
  for _, pid in ipairs(workers.pids()) do
    local text = counters:get('i:' .. pid .. ':' .. site)
    local count, seen = 0, 0
    if text then
      count, seen = text:match('^(%d+) (%d+)$')
      count, seen = tonumber(count), tonumber(seen)
    end
    if seen < generation then return nil end
    sum = sum + count
  end
  return sum
end

-- `SITE EPOCH COUNT` of each held site, `-` for a count that is not known yet; and whether one of `wanted` has none left or is not
-- held any more.
function flights.tell_held(wanted)
  -- A worker that was born since the last refresh counts too.
  workers.refresh()
  local lines, news = {}, false
  local held = routes.held()
  for site, hold in pairs(held) do
    local count = total(site, hold.generation)
    lines[#lines + 1] = string.format('%s %d %s', site, hold.epoch, count or '-')
    if count == 0 and wanted and wanted[site] then news = true end
  end
  for site in pairs(wanted or {}) do
    if not held[site] then news = true end
  end
  return lines, news
end

-- As of each worker's last flush.
function flights.count(site)
  return total(site, 0)
end

return flights
