-- Cuts requests loose that hang in a zone their site has left. nginx would wait on the old socket for its whole read timeout;
-- shutting the worker's own sockets to that address makes it an upstream error at once, and the balancer runs again.
local clock = require 'clock'
local ffi = require 'ffi'

local state = ngx.shared.hf_state

ffi.cdef [[
typedef struct { uint64_t inode; int64_t offset; uint16_t length; uint8_t type; char name[256]; } hf_entry;
void *opendir(const char *path);
hf_entry *readdir(void *folder);
int closedir(void *folder);
int getpeername(int socket, void *address, unsigned int *length);
int shutdown(int socket, int how);
int inet_pton(int family, const char *text, void *into);
]]

local C = ffi.C
local BOTH = 2
local INET, INET6 = 2, 10

-- A socket that was still connecting at the first walk is met by a later one: connecting takes 250 ms at most.
local KEEP_CUTTING = 0.6
local WALK_EVERY = 0.1

local cut = {}

local address = ffi.new('unsigned char[28]')
local length = ffi.new('unsigned int[1]')
local packed = ffi.new('unsigned char[16]')

local seen = 0
-- An order is announced by its number before it is written: this many turns a worker waits for one that it cannot read yet.
local PATIENCE_TURNS = 20
local waited_turns = 0
-- Peer (as in the socket address: port, then IP) → until when to cut.
local leaving = {}
local walked_at = 0

local function peer_of(text)
  local ip, port = text:match('^%[?([^%]]+)%]?:(%d+)$')
  if not ip then return nil end
  port = tonumber(port)
  local big_endian = string.char(math.floor(port / 256), port % 256)
  if C.inet_pton(INET, ip, packed) == 1 then return big_endian .. ffi.string(packed, 4) end
  if C.inet_pton(INET6, ip, packed) == 1 then return big_endian .. ffi.string(packed, 16) end
  return nil
end

local function cut_if_leaving(descriptor)
  length[0] = 28
  if C.getpeername(descriptor, address, length) ~= 0 then return 0 end
  local family = address[0] + address[1] * 256
  local peer
  if family == INET then
    peer = ffi.string(address + 2, 6)
  elseif family == INET6 then
    peer = ffi.string(address + 2, 2) .. ffi.string(address + 8, 16)
  end
  if not peer or not leaving[peer] then return 0 end
  return C.shutdown(descriptor, BOTH) == 0 and 1 or 0
end

local function walk()
  local folder = C.opendir('/proc/self/fd')
  if folder == nil then
    ngx.log(ngx.ERR, 'cannot list own sockets: hanging requests are not cut loose')
    return
  end
  local count = 0
  local entry = C.readdir(folder)
  while entry ~= nil do
    local descriptor = tonumber(ffi.string(entry.name))
    if descriptor then count = count + cut_if_leaving(descriptor) end
    entry = C.readdir(folder)
  end
  C.closedir(folder)
  if count > 0 then ngx.log(ngx.WARN, 'cut ', count, ' connections loose') end
end

-- One turn of the loop.
function cut.turn()
  local newest = state:get('cuts') or 0
  local now = clock.now()
  local fresh = false
  while seen < newest do
    local text = state:get('cut:' .. seen + 1)
    if not text and waited_turns < PATIENCE_TURNS then
      waited_turns = waited_turns + 1
      break
    end
    waited_turns = 0
    seen = seen + 1
    local peer = text and peer_of(text)
    if peer then
      leaving[peer] = now + KEEP_CUTTING
      fresh = true
    end
  end
  if next(leaving) == nil or (not fresh and now - walked_at < WALK_EVERY) then return end
  walk()
  walked_at = now
  for peer, till in pairs(leaving) do
    if now > till then leaving[peer] = nil end
  end
end

-- A new worker has no old sockets.
function cut.start()
  seen = state:get('cuts') or 0
end

return cut
