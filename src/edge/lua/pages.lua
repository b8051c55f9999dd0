-- What a visitor reads when no copy's answer can be passed on: calm, short, with what was typed, and JSON for programs that ask for it.
local forms = require 'forms'

local pages = {}

local PAGE = [[<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>%s</title><style>
body{font:17px/1.5 system-ui,sans-serif;color:#222;background:#fafaf8;margin:0;display:grid;min-height:100vh;place-items:center}
main{max-width:34rem;padding:2rem;box-sizing:border-box;width:100%%}h1{font-size:1.4rem;margin:0 0 .5rem}small{color:#666}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;background:#efefeb;padding:.75rem 1rem;border-radius:6px;max-height:40vh;overflow:auto}
button{font:inherit;padding:.4rem 1rem;border:0;border-radius:6px;background:#0b5f6e;color:#fff}a{margin-right:1rem}a{color:#0b5f6e}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#191a1c}pre{background:#26282b}a{color:#79c7d4}button{background:#79c7d4;color:#07262c}small{color:#aaa}}
</style></head><body><main><h1>%s</h1><p>%s</p>%s<small>Request %s</small></main>
]]
-- Only what stands in the page itself is run, whatever a visitor may have typed or called a file.
local POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; script-src 'nonce-%s'; base-uri 'none'"

local TEXTS = {
  ['busy'] = {
    503,
    'Back in a moment',
    'This site is being moved to a place where it runs well. Your request was not carried out; please send it again shortly.',
  },
  ['full'] = {
    503,
    'Back in a moment',
    'More visitors are waiting than can be served just now. Your request was not carried out; please send it again shortly.',
  },
  ['no-routes'] = { 503, 'Back in a moment', 'This edge has just started and does not know its sites yet.' },
  ['failed'] = { 502, 'This page could not be fetched', 'The site did not give a proper answer. Please try again.' },
  ['unknown'] = {
    502,
    'Outcome unknown',
    'The site stopped answering after it had received your request, and goes on from another place. It may or may not have been carried out: please look before you send it again.',
  },
  ['no-site'] = { 404, 'No such site here', 'No site with this host name is served here.' },
}

local function wants_json()
  local accept = ngx.var.http_accept
  return accept and accept:find('json', 1, true) and not accept:find('text/html', 1, true)
end

-- Answers the request with one of the pages above and ends it.
function pages.answer(name, request)
  local status, title, sentence = unpack(TEXTS[name])
  local id = tostring(ngx.var.hf_request_id):gsub('[^%w_.:-]', ''):sub(1, 128)
  ngx.status = status
  ngx.header['Cache-Control'] = 'no-store'
  ngx.header['X-Holdfast-Outcome'] = name
  if status == 503 then ngx.header['Retry-After'] = '2' end
  if wants_json() then
    ngx.header['Content-Type'] = 'application/json'
    ngx.print(string.format('{"error":"%s","title":"%s","message":"%s","request":"%s"}\n', name, title, sentence, id))
  else
    local nonce = ngx.var.request_id
    ngx.header['Content-Type'] = 'text/html; charset=utf-8'
    ngx.header['Content-Security-Policy'] = string.format(POLICY, nonce)
    local kept, files = forms.kept(request, name == 'unknown')
    ngx.print(string.format(PAGE, title, title, sentence, kept, forms.escape(id)))
    if files then forms.send(files, nonce) end
    ngx.print('</body></html>\n')
  end
  return ngx.exit(ngx.HTTP_OK)
end

return pages
