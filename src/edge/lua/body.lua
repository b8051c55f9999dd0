-- The body of the present request, wherever nginx has put it: in memory, or in a file that is the request's own and goes with it.
local body = {}

-- Its size, `read(at, length)` (fewer bytes only at its end) and `close()`; nil: there is none, or nginx has not read it.
function body.open()
  local text = ngx.req.get_body_data()
  if text then
    local function read(at, length) return text:sub(at + 1, at + length) end
    return { size = #text, read = read, close = function() end }
  end
  local path = ngx.req.get_body_file()
  local file = path and io.open(path, 'rb')
  if not file then return nil end
  local function read(at, length)
    file:seek('set', at)
    return file:read(length) or ''
  end
  return { size = file:seek('end'), read = read, close = function() file:close() end }
end

return body
