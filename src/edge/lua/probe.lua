-- Asks a copy in trouble whether it answers again, so that no visitor's request has to find out: `HEAD /`, ten times a
-- second in all workers together, only while somebody wants the copy.
local clock = require 'clock'
local health = require 'health'
local requests = require 'requests'

local marks = ngx.shared.hf_health

local EVERY = 0.1
local CONNECT_MS, ANSWER_MS = 250, 1000
local MOST_OUTSTANDING, MOST_PER_COPY = 100, 4

local probe = {}

local outstanding, per_copy = 0, {}

local function ask(copy)
  local socket = ngx.socket.tcp()
  socket:settimeouts(CONNECT_MS, ANSWER_MS, ANSWER_MS)
  local ok, trouble = socket:connect(copy.ip, copy.port)
  if not ok then
    health.eject(copy)
    return trouble == 'timeout' and 'timeouts' or 'refused'
  end
  socket:send('HEAD / HTTP/1.1\r\nHost: ' .. copy.host .. '\r\nUser-Agent: holdfast-edge\r\nConnection: close\r\n\r\n')
  local line, why = socket:receive('*l')
  socket:close()
  if not line then
    health.renew_suspicion(copy.key)
    if why ~= 'timeout' then health.eject(copy) end
    return why == 'timeout' and 'timeouts' or 'refused'
  end
  health.answered(copy.key, copy.zone, clock.now())
  return line:find(' 5%d%d') and 'errors' or 'answered'
end

local function run(premature, copy)
  local ok, kind = true, nil
  if not premature then ok, kind = pcall(ask, copy) end
  outstanding = outstanding - 1
  local left = per_copy[copy.key] - 1
  per_copy[copy.key] = left > 0 and left or nil
  if not ok then ngx.log(ngx.ERR, 'probe: ', kind) end
  if ok and kind then requests.probe_ended(copy, kind) end
end

-- One turn of the loop.
function probe.turn()
  local wanted = health.take_wanted()
  if not wanted then return end
  for key, copy in pairs(wanted) do
    local own = per_copy[key] or 0
    if outstanding < MOST_OUTSTANDING and own < MOST_PER_COPY and marks:add('p:' .. key, true, EVERY) then
      outstanding = outstanding + 1
      per_copy[key] = own + 1
      if not ngx.timer.at(0, run, copy) then
        outstanding = outstanding - 1
        per_copy[key] = own > 0 and own or nil
      end
    end
  end
end

return probe
