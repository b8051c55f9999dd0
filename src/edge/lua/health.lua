-- Which copies get no requests just now, by what this edge sees itself: cheap suspicion, gone as soon as the copy answers.
--
--   ejected   a connection could not be made          until an answer, or 1 s without a renewed failure
--   suspect   it accepts and answers nobody           until an answer, or 2 s without renewal
--   quiet     its zone answers neither probes (told by the process beside us, renewed ten times a second)
--             nor requests                            until either does
--
-- All of it is in a dictionary that the workers share; every mark expires by itself.
local clock = require 'clock'
local settings = require 'settings'

local marks = ngx.shared.hf_health

local EJECTED_FOR = 1
local SUSPECT_FOR = 2
local QUIET_FOR = 1
-- Longer than any mark lives: while this is over, no mark can stand, and the fast path asks no further.
local TROUBLE_FOR = 2.5

local SUSPECT_AFTER = 0.5
local SUSPECT_WAITING = 3
local CURIOUS_AFTER = 0.25

local health = {}

-- Copies that somebody would like to use: what probe.lua asks.
local wanted = {}

local function mark(key, value, seconds)
  marks:set(key, value, seconds)
  marks:set('trouble-until', clock.now() + TROUBLE_FOR)
end

function health.any_trouble()
  local till = marks:get('trouble-until')
  return till ~= nil and clock.now() < till
end

function health.eject(copy)
  mark('e:' .. copy.key, clock.now(), EJECTED_FOR)
end

function health.suspect(key)
  mark('s:' .. key, marks:get('s:' .. key) or clock.now(), SUSPECT_FOR)
end

function health.renew_suspicion(key)
  if marks:get('s:' .. key) then health.suspect(key) end
end

function health.quiet(zone)
  mark('q:' .. zone, true, QUIET_FOR)
end

function health.not_quiet(zone)
  marks:delete('q:' .. zone)
end

-- A copy answered something at `at` (clock.now()). Called in batches, not per request.
function health.answered(key, zone, at)
  marks:set('a:' .. key, at)
  if at > (marks:get('z:' .. zone) or 0) then marks:set('z:' .. zone, at) end
  local ejected = health.any_trouble() and marks:get('e:' .. key)
  if ejected and at > ejected then marks:delete('e:' .. key) end
end

function health.answered_at(key)
  return marks:get('a:' .. key)
end

-- nil when the copy may be used; otherwise why not.
function health.trouble(copy)
  if not health.any_trouble() then return nil end
  local why
  local suspected = marks:get('s:' .. copy.key)
  if marks:get('e:' .. copy.key) then
    why = 'ejected'
  elseif suspected and (marks:get('a:' .. copy.key) or 0) < suspected then
    why = 'suspect'
  elseif marks:get('q:' .. copy.zone) and clock.now() - (marks:get('z:' .. copy.zone) or 0) > settings.quiet then
    why = 'quiet'
  end
  if why then wanted[copy.key] = copy end
  return why
end

-- Judges one copy by those who wait for it in all workers.
function health.judge(copy, waiting, oldest_since)
  local now = clock.now()
  local waited = now - oldest_since
  local silent = now - (marks:get('a:' .. copy.key) or 0)
  if waited < CURIOUS_AFTER or silent < CURIOUS_AFTER then return end
  wanted[copy.key] = copy
  if waiting >= SUSPECT_WAITING and waited > SUSPECT_AFTER and silent > SUSPECT_AFTER then health.suspect(copy.key) end
end

-- Hands over the copies that were wanted since the last call.
function health.take_wanted()
  if next(wanted) == nil then return nil end
  local taken = wanted
  wanted = {}
  return taken
end

return health
