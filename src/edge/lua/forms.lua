-- What a visitor typed into a form whose request got no answer, as part of the page that says so: nothing of it is lost, and it is sent
-- again when the visitor says so, never by itself (I9). All of it, files too, goes back to the browser that it came from and is kept there:
-- nothing of it is left at the edge that somebody else could ask for, that could fill up, or that a restart could lose.
local bodies = require 'body'
local clock = require 'clock'
local multipart = require 'multipart'

local forms = {}

-- Beyond this the page would be no page any more.
local MOST_BYTES = 256 * 1024
local MOST_FIELDS = 300
-- Of all files of one form together; what is beyond has to be chosen once more.
local MOST_FILE_BYTES = 8 * 1024 * 1024
-- Forms with files that a worker is looking through or sending back at the same time, and how long that may take a visitor, seconds.
local MOST_AT_ONCE = 16
local SEND_WITHIN = 300
-- A multiple of three, so that the pieces are one base64 text.
local PIECE = 48 * 1024
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
  local body = bodies.open()
  if not body then return nil end
  local text = body.size <= MOST_BYTES and body.read(0, body.size) or nil
  body.close()
  return text
end

-- `a=1&b=x%20y` → { { name = 'a', value = '1' }, … } in order; nil: too many.
local function fields_in(body)
  local fields = {}
  for part in body:gmatch('[^&]+') do
    local name, value = part:match('^([^=]*)=?(.*)$')
    name, value = ngx.unescape_uri(name), ngx.unescape_uri(value)
    if #fields >= MOST_FIELDS then return nil end
    fields[#fields + 1] = { name = name, value = value }
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
    local name, value = field.name, field.value
    if value and #value >= SHOWN_FROM and not is_secret(name) and not value:match('^https?://%S+$') then
      parts[#parts + 1] = '<pre>' .. forms.escape(value):gsub('&#13;&#10;', '\n') .. '</pre>'
    end
  end
  if #parts == 0 then return '' end
  return '<p>This is what you wrote; nothing of it is lost:</p>' .. table.concat(parts)
end

-- Whether the form stood on a page of this very host. What another site sends comes without the cookies that are for requests of this one
-- (SameSite); sent again from a page of this host it would come with them, and the application would take it for its own visitor's wish.
local function is_own()
  local site = ngx.var.http_sec_fetch_site
  if site then return site == 'same-origin' end
  local from = ngx.var.http_origin or ngx.var.http_referer or ''
  return from:match('^https?://([^/?#]+)') == ngx.var.http_host
end

-- The page that the form stood on, for a look before it is sent again; only one of this very host.
local function origin()
  local referer = ngx.var.http_referer or ''
  local host, path = referer:match('^https?://([^/?#]+)(/[^?#]*%??[^#]*)')
  return host == ngx.var.http_host and path:sub(1, 2) ~= '//' and path or '/'
end

-- Without an action it goes to the address that it went to.
local KEPT =
  [[%s<form method="post" accept-charset="utf-8"%s>%s<p>%s<button type="submit">Send it again</button></p></form>]]
local LOOK = [[<a href="%s" target="_blank" rel="noopener">Look first</a> ]]
local FIELD = [[<input type="hidden" name="%s" value="%s">]]
local NO_FILE = [[<input type="file" name="%s" hidden>]]
-- What is said here holds unless the script below has put the file in.
local FILE = [[<p><label for="%s"><b>%s</b> (%s) <span>%s</span></label><br><input type="file" id="%s" name="%s" data-name="%s" data-kind="%s" data-bytes="%d" required></p>]]
local CHOOSE = 'has to be chosen once more:'
local TOO_LARGE = 'is not kept, since more than 8 MB of files never are. Please choose it once more:'

local UNKEPT = [[<p>Go back in your browser: the form is as you left it, and can be sent again from there.</p>]]

-- Puts the files that came with the page into their fields, as if they had been chosen there, and sends only once however often the button
-- is pressed. Where no script runs, people choose them themselves.
local SCRIPT = [[<script nonce="%s">
(() => {
  let sent = false;
  document.forms[0].addEventListener('submit', (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  for (const kept of document.querySelectorAll('script[data-of]')) {
    const input = document.getElementById(kept.dataset.of);
    const { name, kind, bytes } = input.dataset;
    const text = atob(kept.textContent);
    const content = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at += 1) content[at] = text.charCodeAt(at);
    const file = new File([content], name, { type: kind });
    if (file.size !== Number(bytes) || file.name !== name) continue;
    const chosen = new DataTransfer();
    chosen.items.add(file);
    input.files = chosen.files;
    input.hidden = true;
    input.labels[0].querySelector('span').textContent = 'is kept.';
    kept.remove();
  }
})();
</script>]]

local function is_whole(fields)
  for _, field in ipairs(fields) do
    if not is_utf8(field.name) or not is_utf8(field.value or field.file .. field.kind) then return false end
  end
  return true
end

local function size_words(bytes)
  return bytes < 1024 * 1024 and string.format('%d kB', math.ceil(bytes / 1024)) or string.format('%.1f MB', bytes / 1024 / 1024)
end

-- One field as it is in the form; a file that fits into what is left is added to `files`.
local function input_of(field, files)
  local name = forms.escape(field.name)
  if not field.file then return string.format(FIELD, name, forms.escape(field.value)) end
  if field.file == '' then return string.format(NO_FILE, name) end
  local id, file = 'file-' .. field.at, forms.escape(field.file)
  local title = forms.escape((field.file:gsub('%%22', '"')))
  local fits = field.size <= files.left
  if fits then
    files.left = files.left - field.size
    files[#files + 1] = { id = id, at = field.at, size = field.size }
  end
  local words = fits and CHOOSE or TOO_LARGE
  return string.format(FILE, id, title, size_words(field.size), words, id, name, file, forms.escape(field.kind), field.size)
end

local function form_of(fields, encoding, files, doubt)
  local inputs = {}
  for index, field in ipairs(fields) do
    inputs[index] = input_of(field, files)
  end
  local look = doubt and string.format(LOOK, forms.escape(origin())) or ''
  return string.format(KEPT, shown(fields), encoding, table.concat(inputs), look)
end

local at_once = 0

-- nil: too many others are at it.
local function open_body(request)
  if at_once >= MOST_AT_ONCE then return nil end
  local body = bodies.open()
  if body then
    at_once = at_once + 1
    request.sends_back = body
  end
  return body
end

-- The request has ended, whoever ended it: a visitor who leaves ends it in the midst of anything here.
function forms.done(request)
  if not request.sends_back then return end
  request.sends_back.close()
  request.sends_back = nil
  at_once = at_once - 1
end

-- `files`, `typed`; nil: no form that somebody has filled in and waits for.
local function kind_of_form()
  if ngx.req.get_method() ~= 'POST' then return nil end
  local mode = ngx.var.http_sec_fetch_mode
  if mode and mode ~= 'navigate' then return nil end
  local kind = (ngx.var.http_content_type or ''):lower()
  if kind:find('multipart/form-data', 1, true) == 1 then return 'files' end
  return kind:find('application/x-www-form-urlencoded', 1, true) == 1 and 'typed' or nil
end

-- Reads the form before it is passed on, so that its body can be read again: the file that nginx would make of it by itself has no name.
-- True: it was read.
function forms.read()
  if not kind_of_form() then return false end
  ngx.req.read_body()
  return true
end

local function typed(doubt)
  local body = body_of_request()
  local fields = body and fields_in((body:gsub('+', '%%20')))
  if not fields or not is_whole(fields) then return UNKEPT end
  local files = { left = 0 }
  return form_of(fields, '', files, doubt), files
end

local function typed_with_files(request, doubt)
  local boundary = multipart.boundary(ngx.var.http_content_type)
  local body = boundary and open_body(request)
  local fields = body and multipart.parts(body, boundary, MOST_FIELDS, MOST_BYTES)
  if not fields or not is_whole(fields) then return UNKEPT end
  local files = { body = body, left = MOST_FILE_BYTES }
  return form_of(fields, ' enctype="multipart/form-data"', files, doubt), files
end

-- What is added to the page, and what is to be sent behind it (`forms.send`); empty for requests that no form has sent. `doubt`: it may
-- have been carried out.
function forms.kept(request, doubt)
  local kind = request and kind_of_form()
  if not kind then return '' end
  if not is_own() then return UNKEPT end
  if kind == 'files' then return typed_with_files(request, doubt) end
  return typed(doubt)
end

-- False: the visitor has left, or takes too long; then the page ends here, and says what holds without the files.
local function send_file(body, file, deadline)
  ngx.print('<script type="text/plain" data-of="', file.id, '">')
  for at = 0, file.size - 1, PIECE do
    ngx.print(ngx.encode_base64(body.read(file.at + at, math.min(PIECE, file.size - at))))
    if not ngx.flush(true) or clock.now() > deadline then return false end
  end
  ngx.print('</script>\n')
  return true
end

-- Sends the files behind the page, piece by piece as fast as the visitor takes them, and the script that puts them in. `nonce`: what the
-- page's policy lets run.
function forms.send(files, nonce)
  local deadline = clock.now() + SEND_WITHIN
  for _, file in ipairs(files) do
    if not send_file(files.body, file, deadline) then return end
  end
  ngx.print(string.format(SCRIPT, nonce))
end

return forms
