-- The worker's heartbeat: one turn every 10 ms, of everything that nobody's request does. No timer per request anywhere.
local cut = require 'cut'
local dispatch = require 'dispatch'
local flights = require 'flights'
local health = require 'health'
local hold = require 'hold'
local probe = require 'probe'
local requests = require 'requests'
local visits = require 'visits'
local workers = require 'workers'

local state = ngx.shared.hf_state

local TURN = 0.01
local FLUSH_TURNS = 5
-- A timer's memory is freed when it ends, so the loop begins anew now and then.
local TURNS_PER_TIMER = 3000

local loop = {}

local turns = 0

local function turn()
  turns = turns + 1
  state:incr('beats:' .. ngx.worker.id(), 1, 0)
  cut.turn()
  hold.release(dispatch.may_go)
  flights.turn()
  if turns % FLUSH_TURNS == 0 or health.any_trouble() then
    requests.flush()
    hold.publish()
  end
  if turns % FLUSH_TURNS == 0 then
    workers.refresh()
    flights.flush()
    visits.flush()
    requests.judge()
  end
  probe.turn()
end

local function run()
  for _ = 1, TURNS_PER_TIMER do
    local ok, trouble = pcall(turn)
    if not ok then ngx.log(ngx.ERR, 'loop: ', trouble) end
    -- A worker that is being replaced may not leave while a timer is pending.
    if ngx.worker.exiting() and requests.none_under_way() then
      visits.flush(true)
      return workers.leave()
    end
    ngx.sleep(TURN)
  end
  -- Also while this worker is being replaced: it may hold requests. A delay of 0 is the one it still grants.
  ngx.timer.at(0, run)
end

function loop.start()
  state:set('pid:' .. ngx.worker.id(), ngx.worker.pid())
  cut.start()
  workers.start()
  ngx.timer.at(0, run)
end

return loop
