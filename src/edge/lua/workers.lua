-- Which workers of this nginx are alive. They are known by their process ids: after a reload old and new ones live side by side
-- under the same numbers, and one that died must not leave counts behind for ever.
local state = ngx.shared.hf_state
local counters = ngx.shared.hf_counters

local KEY = '^worker:(%d+)$'
-- Whose names begin so: `held:PID`, `held-sites:PID`, `w:PID:COPY`, `i:PID:SITE`.
local OWNED = { '^held:(%d+)$', '^held%-sites:(%d+)$', '^w:(%d+):', '^i:(%d+):' }
-- In /proc/PID/stat, counted from the process's state, which comes right after its name.
local STARTED_FIELD = 20

local workers = {}

local pids = {}

-- A process id may be somebody else's by now: a process is known by when it started. nil: there is none, or it is a zombie.
local function started(pid)
  local file = io.open('/proc/' .. pid .. '/stat', 'r')
  if not file then return nil end
  local text = file:read('*a')
  file:close()
  local fields = {}
  for field in ((text or ''):match('.*%) (.*)') or ''):gmatch('%S+') do
    fields[#fields + 1] = field
  end
  if fields[1] == 'Z' then return nil end
  return fields[STARTED_FIELD]
end

function workers.refresh()
  pids = {}
  for _, key in ipairs(state:get_keys(0)) do
    local pid = key:match(KEY)
    if pid then pids[#pids + 1] = tonumber(pid) end
  end
end

-- As of the last refresh, which every turn of the loop makes now and then.
function workers.pids()
  return pids
end

function workers.start()
  local pid = ngx.worker.pid()
  state:set('worker:' .. pid, started(pid) or '')
  workers.refresh()
end

-- This worker serves nobody any more: it is buried as if it had died.
function workers.leave()
  state:set('worker:' .. ngx.worker.pid(), 'left')
end

local function forget(gone)
  for _, key in ipairs(counters:get_keys(0)) do
    for _, pattern in ipairs(OWNED) do
      local pid = key:match(pattern)
      if pid and gone[tonumber(pid)] then
        counters:delete(key)
        local site = key:match('^i:%d+:(.+)$')
        if site then counters:lpush('flown', site) end
      end
    end
  end
end

-- Forgets those that have died, with all that they counted as going on.
function workers.bury()
  workers.refresh()
  local gone
  for _, pid in ipairs(pids) do
    if state:get('worker:' .. pid) ~= (started(pid) or 'gone') then
      state:delete('worker:' .. pid)
      gone = gone or {}
      gone[pid] = true
    end
  end
  if not gone then return end
  forget(gone)
  workers.refresh()
end

return workers
