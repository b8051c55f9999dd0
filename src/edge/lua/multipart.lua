-- The parts of a form with files, as browsers send it (multipart/form-data), found in a body that may lie in nginx's file: never more of
-- it is in memory than a chunk and the text. Anything that could not be sent again byte for byte is no such form.
local multipart = {}

local CHUNK = 64 * 1024
local MOST_HEAD = 4096
-- So much is looked through before other requests of this worker have their turn.
local TURN = 1024 * 1024

-- What stands between the parts, as the header Content-Type says; nil: it does not.
function multipart.boundary(content_type)
  local boundary = content_type:match('[Bb][Oo][Uu][Nn][Dd][Aa][Rr][Yy]="?([^";%s]+)')
  return boundary and #boundary <= 70 and boundary or nil
end

-- Where `text` begins at or behind `from`, from 0; nil: nowhere.
local function find(body, text, from)
  local at = from
  while at < body.size do
    local chunk = body.read(at, CHUNK)
    local found = chunk:find(text, 1, true)
    if found then return at + found - 1 end
    if #chunk < CHUNK then return nil end
    at = at + CHUNK - #text + 1
    body.looked = (body.looked or 0) + CHUNK
    if body.looked >= TURN then
      body.looked = 0
      ngx.sleep(0)
    end
  end
  return nil
end

-- A part without its content, and where that begins. Names stay as they were written: a browser writes a quote in them as %22, and
-- would write that the same way again.
local function head_at(body, at)
  local text = body.read(at, MOST_HEAD)
  local stop = text:find('\r\n\r\n', 1, true)
  if not stop then return nil end
  local head = '\r\n' .. text:sub(1, stop + 1)
  local disposition = head:match('\r\n[Cc]ontent%-[Dd]isposition: form%-data;([^\r\n]*)\r\n')
  local kind = head:match('\r\n[Cc]ontent%-[Tt]ype: ([^\r\n]*)\r\n')
  if not disposition or disposition:find('\\"', 1, true) or disposition:find('filename*', 1, true) then return nil end
  local name, file = disposition:match('%sname="([^"]+)"'), disposition:match('%sfilename="([^"]*)"')
  if not name or (kind and not file) then return nil end
  return { name = name, file = file, kind = kind or '' }, at + stop + 3
end

-- `body`: of `body.open()`. In their order: `{ name, value }` for text, `{ name, file = 'photo.jpg', kind = 'image/jpeg', at, size }` for a file; an empty name is a
-- field in which none was chosen. nil: no such form, or one with more parts, or more bytes of text, than that.
function multipart.parts(body, boundary, most_parts, most_text)
  local mark = '--' .. boundary
  if body.read(0, #mark + 2) ~= mark .. '\r\n' then return nil end
  local parts, at, text = {}, #mark + 2, 0
  while #parts < most_parts do
    local part, from = head_at(body, at)
    local to = part and find(body, '\r\n' .. mark, from)
    if not to then return nil end
    part.at, part.size = from, to - from
    if not part.file then
      text = text + part.size
      if text > most_text then return nil end
      part.value = body.read(from, part.size)
    end
    parts[#parts + 1] = part
    at = to + #mark + 4
    local last = body.read(at - 2, 2)
    if last == '--' then return parts end
    if last ~= '\r\n' then return nil end
  end
  return nil
end

return multipart
