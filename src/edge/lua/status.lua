-- How long ago the status page was found to be the newest: read from the file that the process beside nginx writes, so that it grows
-- older whoever of them all is gone.
local settings = require 'settings'

local OLD = 60 -- seconds

local status = {}
local looked_at, confirmed = -1, nil

local function age()
  local now = ngx.time()
  if now ~= looked_at or not confirmed then
    looked_at = now
    local file = io.open(settings.status_confirmed)
    confirmed = file and tonumber(file:read(20) or '')
    if file then file:close() end
  end
  return confirmed and math.max(0, math.floor(now - confirmed / 1000))
end

local function count(many, unit)
  return string.format('%d %s%s', many, unit, many == 1 and '' or 's')
end

local function words(seconds)
  if seconds < 60 then return count(seconds, 'second') end
  if seconds < 3600 then return count(math.floor(seconds / 60), 'minute') end
  if seconds < 172800 then return count(math.floor(seconds / 3600), 'hour') end
  return count(math.floor(seconds / 86400), 'day')
end

-- Sets the three variables that pages and feeds are filled with.
function status.fill()
  local seconds = age()
  if not seconds then return end
  local old = seconds >= OLD
  ngx.var.hf_status_seconds = tostring(seconds)
  ngx.var.hf_status_old = old and 'yes' or 'no'
  ngx.var.hf_status_age = old and words(seconds) .. ' old' or seconds < 10 and 'a few seconds ago' or words(seconds) .. ' ago'
end

return status
