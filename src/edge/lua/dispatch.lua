-- One request's way: which copy it goes to, when it is held, what happens when that fails.
--
--   access ──▶ (hold) ──▶ balance ──▶ answered ──▶ passed on
--                 ▲           │ GET, HEAD: one more try at the other copy
--                 │           ▼
--                 └──────── again        nothing was sent, or it is a GET or HEAD
--                             └───────▶ 502 "outcome unknown"   anything else whose bytes were sent (I9)
local balancer = require 'ngx.balancer'
local flights = require 'flights'
local forms = require 'forms'
local health = require 'health'
local hold = require 'hold'
local pages = require 'pages'
local requests = require 'requests'
local routes = require 'routes'
local settings = require 'settings'
local visits = require 'visits'

-- nginx allows ten jumps to a named location in a request's life.
local MOST_JUMPS = 8
-- Fruitless tries in a row, none of which tells us to wait for anything; the pause doubles each time.
local MOST_FAILURES = 5
local PAUSE_AFTER_FAILURE = 0.05
local BUSY = -3

local dispatch = {}

-- The copies this kind of request may be sent to now, best first; nothing: it has to wait.
local function open_copies(row, write)
  if routes.holds_all(row) then return nil end
  local live, standby = row.live, row.standby
  local live_trouble = live and health.trouble(live)
  if write then
    if row.gate == 'shut' or live_trouble then return nil end
    return live
  end
  if live and not live_trouble then return live, standby and not health.trouble(standby) and standby or nil end
  if standby and not health.trouble(standby) then return standby end
  return nil
end

local function may_go(row, write)
  return open_copies(row, write) ~= nil
end
dispatch.may_go = may_go

local function refuse(request, outcome)
  request.outcome = outcome
  return pages.answer(outcome, request)
end

-- Waits until the request may go. Answers the request itself and returns false when that does not come about.
local function until_open(request)
  while true do
    local row = routes.of(request.host)
    if not row then return refuse(request, routes.any() and 'no-site' or 'no-routes') and false end
    request.row = row
    if may_go(row, request.write) then return true end
    -- The visitor's body must not stay in the socket meanwhile: a client that goes away is noticed only behind it.
    if not request.body_read then
      ngx.req.read_body()
      request.body_read = true
    end
    local outcome = hold.wait(request, row, may_go)
    if outcome ~= 'released' then return refuse(request, outcome == 'full' and 'full' or 'busy') and false end
  end
end

function dispatch.access()
  local method = ngx.req.get_method()
  local write = method ~= 'GET' and method ~= 'HEAD'
  local request = requests.begin(ngx.var.host, write)
  request.bodiless = method == 'HEAD'
  if write then
    -- A fresh connection proves that the zone is there; a kept one would swallow the bytes of a zone gone silent.
    ngx.var.hf_upstream = 'hf_writes'
    ngx.var.hf_connection = 'close'
    request.body_read = forms.read()
  elseif ngx.var.http_upgrade then
    request.upgrade = true
    ngx.var.hf_upstream = 'hf_writes'
    ngx.var.hf_connection = 'upgrade'
  end
  until_open(request)
end

-- Newest entry of nginx's lists (`a, b : c`); a try that has no peer yet does not stand in them.
local function last_of(list)
  return (list or ''):match('([^,: ]+)[,: ]*$')
end

-- How the newest finished attempt failed: nil when nothing was tried.
local function failure_kind()
  local status = last_of(ngx.var.upstream_status)
  if not status or status == '-' then return nil end
  if last_of(ngx.var.upstream_header_time) ~= '-' then return tonumber(status) >= 500 and 'errors' or 'answered' end
  local connected = last_of(ngx.var.upstream_connect_time) ~= '-'
  return status == '504' and 'timeouts' or 'refused', connected
end

local function note_failure(request)
  if not request.waits_for then return nil end
  local copy = request.copy
  local kind, connected = failure_kind()
  requests.attempt_ended(request, kind)
  if (kind == 'refused' or kind == 'timeouts') and not connected then health.eject(copy) end
  return kind
end

-- The copy for this try. A GET that failed goes to a copy that has not failed it, or once more to the one that reset it.
local function next_copy(request, failed)
  local first, second = open_copies(request.row, request.write)
  if not failed then return first, second end
  local tried = request.copy.key
  if failed == 'refused' then return first or second end
  if first and first.key ~= tried then return first end
  if second and second.key ~= tried then return second end
  return nil
end

-- While a site is being moved, an error page to a GET is likely to be the move's own fault: it is asked for again after a
-- pause. The last time it is passed on as it is.
local function may_improve(request, row, copy)
  if request.write or request.failures >= MOST_FAILURES - 1 then return false end
  return row.gate == 'shut' or copy ~= row.live
end

-- Runs for every try, cannot wait.
function dispatch.balance()
  local request = requests.current()
  local failed = request.tries > 0 and note_failure(request) or nil
  local row = routes.of(request.host)
  if not row then return ngx.exit(BUSY) end
  request.row = row
  local copy, other = next_copy(request, failed)
  if not copy then return ngx.exit(BUSY) end

  request.tries = request.tries + 1
  request.copy, request.epoch = copy, row.epoch
  flights.depart(request)
  requests.attempt(request, copy)
  if request.tries == 1 and (other or may_improve(request, row, copy)) then balancer.set_more_tries(1) end
  balancer.set_timeouts(
    settings.connect_timeout,
    settings.send_timeout,
    request.upgrade and settings.upgraded_timeout or settings.read_timeout
  )
  local ok, trouble = balancer.set_current_peer(copy.ip, copy.port)
  if not ok then
    ngx.log(ngx.ERR, 'cannot use ', copy.address, ': ', trouble)
    return ngx.exit(BUSY)
  end
end

local function bytes_were_sent()
  for count in (ngx.var.upstream_bytes_sent or ''):gmatch('%d+') do
    if tonumber(count) > 0 then return true end
  end
  return false
end

-- nginx has no answer to pass on (it would say 502 or 504 itself).
function dispatch.again()
  local request = requests.current()
  local epoch = request.row and request.row.epoch
  note_failure(request)
  flights.land(request)
  request.body_read = true
  if request.write and bytes_were_sent() then return refuse(request, 'unknown') end

  request.jumps = request.jumps + 1
  if request.jumps >= MOST_JUMPS then return refuse(request, request.write and 'busy' or 'failed') end
  local row = routes.of(request.host)
  if row and row.epoch == epoch and may_go(row, request.write) then
    request.failures = request.failures + 1
    if request.failures >= MOST_FAILURES then return refuse(request, request.write and 'busy' or 'failed') end
    ngx.sleep(PAUSE_AFTER_FAILURE * 2 ^ (request.failures - 1))
  end
  request.tries, request.copy = 0, nil
  until_open(request)
end

function dispatch.header()
  local request = requests.current()
  if not request then return end
  visits.answered(request)
  if not request.waits_for then return end
  local status = ngx.status
  -- A 5xx may be nginx's own word; then the copy has sent no header.
  if status >= 500 and last_of(ngx.var.upstream_header_time) == '-' then return end
  requests.attempt_ended(request, status >= 500 and 'errors' or 'answered')
  if request.write and status < 500 then requests.first_write(request) end
end

-- nginx calls an answer complete whose copy has died in the midst of it: then its length tells.
local function is_whole(request)
  if ngx.var.request_completion ~= 'OK' then return false end
  local promised = request.copy and not request.bodiless and ngx.status ~= 304 and ngx.var.upstream_http_content_length
  if not promised then return true end
  return (tonumber(last_of(ngx.var.upstream_response_length)) or 0) >= (tonumber(promised) or 0)
end

-- The site was moved while the answer was on its way, and the old copy's connections were cut.
local function was_cut_short(request)
  local row = routes.of(request.host)
  return row and row.live and row.live.key ~= request.copy.key
end

local function count_end(request)
  local status = ngx.status
  local whole = is_whole(request)
  local cut = status ~= 499 and request.flight and not whole and was_cut_short(request)
  if (status >= 500 or cut) and request.row then flights.failed(request.row.site) end
  visits.ended(request, status, cut, whole)
end

function dispatch.log()
  local request = requests.current()
  if not request then return end
  hold.abandon(request)
  forms.done(request)
  requests.attempt_ended(request, nil)
  count_end(request)
  flights.land(request)
  requests.done(request)
  local variables = ngx.var
  if request.row then
    variables.hf_site = request.row.site
    variables.hf_epoch = request.epoch or request.row.epoch
  end
  if request.held > 0 then variables.hf_held_ms = math.floor(request.held * 1000) end
  local outcome = request.outcome
  if not outcome and ngx.status >= 499 then outcome = ngx.status == 499 and 'client-gone' or 'error' end
  if outcome then variables.hf_outcome = outcome end
end

return dispatch
