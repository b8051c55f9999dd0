-- Monotonic seconds, the same for every worker of this machine: no wall clock decides how long anything waits.
local ffi = require 'ffi'

ffi.cdef [[
typedef struct { long seconds; long nanoseconds; } hf_time;
int clock_gettime(int clock, hf_time *into);
]]

local MONOTONIC = 1
local into = ffi.new('hf_time')
local C = ffi.C

local clock = {}

function clock.now()
  C.clock_gettime(MONOTONIC, into)
  return tonumber(into.seconds) + tonumber(into.nanoseconds) / 1e9
end

return clock
