-- What the generated nginx.conf hands over, once, before any worker starts.
local settings = {
  routes_file = nil,
  status_confirmed = nil,
  workers = 1,
  quiet = 0.2, -- seconds
  hold_limit = 15, -- seconds
  hold_most = 10000,
  release_per_turn = 20,
  connect_timeout = 0.25, -- seconds
  send_timeout = 30,
  read_timeout = 60,
  upgraded_timeout = 3600,
}

return settings
