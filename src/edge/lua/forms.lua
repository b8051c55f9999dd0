-- What a visitor typed into a form whose request got no answer, as part of the page that says so: nothing of it is lost, and it is sent
-- again when the visitor says so, never by itself (I9).
local forms = {}

-- Beyond this the page would be no page any more.
local MOST_BYTES = 256 * 1024
local MOST_FIELDS = 300
-- Longer texts are worth being shown; what looks like a secret never is.
local SHOWN_FROM = 12
local SECRET = { 'pass', 'pwd', 'secret', 'token', 'nonce', 'card', 'cvc', 'cvv', 'csrf' }

function forms.escape(text)
  return (text:gsub('[&<>"\'\r\n]', function(c) return '&#' .. c:byte() .. ';' end))
end

-- Bytes that are no UTF-8 would not come back as they were.
local function is_utf8(text)
  local at = 1
  while at <= #text do
    local byte = text:byte(at)
    local more = byte < 0x80 and 0 or byte >= 0xC2 and byte < 0xE0 and 1 or byte >= 0xE0 and byte < 0xF0 and 2
      or byte >= 0xF0 and byte < 0xF5 and 3
    if not more or not text:sub(at + 1, at + more):match('^[\128-\191]*$') or at + more > #text then return false end
    at = at + more + 1
  end
  return not text:find('%z')
end

local function body_of_request()
  local body = ngx.req.get_body_data()
  if body then return #body <= MOST_BYTES and body or nil end
  local path = ngx.req.get_body_file()
  local file = path and io.open(path, 'rb')
  if not file then return nil end
  body = file:read(MOST_BYTES + 1)
  file:close()
  return body and #body <= MOST_BYTES and body or nil
end

-- `a=1&b=x%20y` → { { 'a', '1' }, … } in order; nil: not to be put into a page as it was.
local function fields_in(body)
  local fields = {}
  for part in body:gmatch('[^&]+') do
    local name, value = part:match('^([^=]*)=?(.*)$')
    name, value = ngx.unescape_uri(name), ngx.unescape_uri(value)
    if #fields >= MOST_FIELDS or not is_utf8(name) or not is_utf8(value) then return nil end
    fields[#fields + 1] = { name, value }
  end
  return fields
end

local function is_secret(name)
  name = name:lower()
  for _, word in ipairs(SECRET) do
    if name:find(word, 1, true) then return true end
  end
  return false
end

local function shown(fields)
  local parts = {}
  for _, field in ipairs(fields) do
    local name, value = field[1], field[2]
    if #value >= SHOWN_FROM and not is_secret(name) and not value:match('^https?://%S+$') then
      parts[#parts + 1] = '<pre>' .. forms.escape(value):gsub('&#13;&#10;', '\n') .. '</pre>'
    end
  end
  if #parts == 0 then return '' end
  return '<p>This is what you wrote; nothing of it is lost:</p>' .. table.concat(parts)
end

-- The page that the form stood on, for a look before it is sent again; only one of this very host.
local function origin()
  local referer = ngx.var.http_referer or ''
  local host, path = referer:match('^https?://([^/?#]+)(/[^?#]*%??[^#]*)')
  return host == ngx.var.http_host and path:sub(1, 2) ~= '//' and path or '/'
end

local KEPT = [[%s<form method="post" accept-charset="utf-8">%s<p>%s<button type="submit">Send it again</button></p></form>]]
local LOOK = [[<a href="%s" target="_blank" rel="noopener">Look first</a> ]]

local UNKEPT = [[<p>Go back in your browser: the form is as you left it, and can be sent again from there.</p>]]

-- What is added to the page; empty for requests that no form has sent. Without an action the form goes to the address that it went to.
-- `doubt`: it may have been carried out.
function forms.kept(request, doubt)
  if not request or not request.write or ngx.req.get_method() ~= 'POST' then return '' end
  local mode = ngx.var.http_sec_fetch_mode
  if mode and mode ~= 'navigate' then return '' end
  local kind = (ngx.var.http_content_type or ''):lower()
  if kind:find('multipart/form-data', 1, true) == 1 then return UNKEPT end
  if kind:find('application/x-www-form-urlencoded', 1, true) ~= 1 then return '' end
  local body = body_of_request()
  local fields = body and fields_in((body:gsub('+', '%%20')))
  if not fields then return UNKEPT end
  local inputs = {}
  for index, field in ipairs(fields) do
    inputs[index] =
      string.format('<input type="hidden" name="%s" value="%s">', forms.escape(field[1]), forms.escape(field[2]))
  end
  local look = doubt and string.format(LOOK, forms.escape(origin())) or ''
  return string.format(KEPT, shown(fields), table.concat(inputs), look)
end

return forms
