/** Writes nginx's configuration: a pure function of the edge's own, so that "is it unchanged?" is a comparison of two texts. */
import type { EdgeConfig } from '../config/programs.ts';
import { statusServer, statusZone } from './nginx-status.ts';
import { pagePaths } from './status-page/disk.ts';

export interface NginxPaths {
  conf: string;
  pid: string;
  errorLog: string;
  accessLog: string;
  /** Private folder (0700) that holds the admin socket. */
  adminDir: string;
  adminSocket: string;
  routes: string;
  /** Bodies and answers that do not fit into memory; the workers' own. */
  spool: string;
}

/** All of an edge's files, below its `stateDir`. */
export function nginxPaths(stateDir: string): NginxPaths {
  return {
    conf: `${stateDir}/nginx.conf`,
    pid: `${stateDir}/nginx.pid`,
    errorLog: `${stateDir}/error.log`,
    accessLog: `${stateDir}/access.log`,
    adminDir: `${stateDir}/admin`,
    adminSocket: `${stateDir}/admin/nginx.sock`,
    routes: `${stateDir}/routes.txt`,
    spool: `${stateDir}/spool`,
  };
}

const MODULES = '/usr/lib/nginx/modules';
/** Twice this in open files: each visitor may need a connection to a copy. */
const MOST_CONNECTIONS = 16_384;

export interface NginxHost {
  /** Folder of the Lua modules, and a hash of their text, so that new code is noticed. */
  luaDir: string;
  luaVersion: string;
  /** Started as root: the workers then become `config.user`. */
  root: boolean;
  /** Open files that the system grants one process. */
  mostFiles: number;
}

export function nginxConf(config: EdgeConfig, { luaDir, luaVersion, root, mostFiles }: NginxHost): string {
  const files = Math.min(mostFiles, 2 * MOST_CONNECTIONS);
  const paths = nginxPaths(config.stateDir);
  return `# Written by holdfast edge; changes are overwritten. Lua ${luaVersion}
load_module ${MODULES}/ndk_http_module.so;
load_module ${MODULES}/ngx_http_lua_module.so;
${root ? `user ${config.user};\n` : ''}worker_processes ${config.workers};
worker_rlimit_nofile ${files};
worker_shutdown_timeout 120s;
daemon on;
pid ${quoted(paths.pid)};
error_log ${quoted(paths.errorLog)} warn;
events { worker_connections ${Math.floor(files / 2)}; }
http {
${logFormat()}
  access_log ${quoted(paths.accessLog)} holdfast buffer=32k flush=200ms;
${luaPart(config, luaDir, paths)}
${spoolPart(paths)}
  types { text/html html; }
  default_type application/octet-stream;
  server_tokens off;
  tcp_nodelay on;
  keepalive_timeout 60s;
  keepalive_requests 10000;
  client_max_body_size 64m;
  client_body_buffer_size 16k;
  client_header_timeout 20s;
  client_body_timeout 60s;
  large_client_header_buffers 8 16k;
  reset_timedout_connection on;
  server_names_hash_bucket_size 128;
  map $http_x_request_id $hf_request_id { '' $request_id; default $http_x_request_id; }
${proxiesPart(config.proxies)}
${upstreams()}
${statusZone(config)}
${visitorsServer(config)}
${statusServer(config)}
${adminServer(paths)}
}
`;
}

function quoted(path: string): string {
  if (/["\\$\n]/.test(path)) throw new Error(`nginx cannot be given this path: ${path}`);
  return `"${path}"`;
}

function luaString(text: string): string {
  return `[==[${text}]==]`;
}

/** One JSON object a line. The lists of nginx (`a, b : c`) are kept as strings: one entry per attempt. */
function logFormat(): string {
  const text = (name: string, value: string) => `"${name}":"${value}"`;
  const fields = [
    text('time', '$time_iso8601'),
    '"at":$msec',
    text('method', '$request_method'),
    text('host', '$host'),
    text('uri', '$request_uri'),
    '"status":$status',
    text('id', '$hf_request_id'),
    text('client', '$remote_addr'),
    text('site', '$hf_site'),
    '"epoch":$hf_epoch',
    text('outcome', '$hf_outcome'),
    '"heldMs":$hf_held_ms',
    '"tookS":$request_time',
    text('upstream', '$upstream_addr'),
    text('upstreamStatus', '$upstream_status'),
    text('bytesSent', '$upstream_bytes_sent'),
    text('upstreamConnectS', '$upstream_connect_time'),
    text('upstreamHeaderS', '$upstream_header_time'),
    text('upstreamTookS', '$upstream_response_time'),
  ];
  return `  log_format holdfast escape=json '{${fields.join(',')}}';`;
}

function luaPart(config: EdgeConfig, luaDir: string, paths: NginxPaths): string {
  return `  lua_package_path ${quoted(`${luaDir}/?.lua;;`)};
  lua_shared_dict hf_routes 64m;
  lua_shared_dict hf_state 2m;
  lua_shared_dict hf_health 8m;
  lua_shared_dict hf_counters 32m;
  lua_check_client_abort on;
  lua_socket_log_errors off;
  lua_http10_buffering off;
  lua_max_running_timers 4096;
  lua_max_pending_timers 4096;
  init_by_lua_block {
    local settings = require 'settings'
    settings.routes_file = ${luaString(paths.routes)}
    settings.status_confirmed = ${luaString(pagePaths(config.stateDir).confirmed)}
    settings.quiet = ${config.quietMs / 1000}
    settings.hold_limit = ${config.hold.limitMs / 1000}
    settings.hold_most = ${config.hold.most}
    settings.release_per_turn = ${config.hold.releasePer10Ms}
    loop = require 'loop'
    dispatch = require 'dispatch'
    admin = require 'admin'
    require('routes').load()
  }
  init_worker_by_lua_block { loop.start() }`;
}

function spoolPart(paths: NginxPaths): string {
  return ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `  ${kind}_temp_path ${quoted(`${paths.spool}/${kind}`)};`)
    .join('\n');
}

/** Whom it is believed what they say of the visitor: `$remote_addr` becomes the visitor's, `$hf_scheme` the scheme that they came by. */
function proxiesPart(proxies: string[]): string {
  const trust = proxies.map((each) => `  set_real_ip_from ${each};\n`).join('');
  const known = proxies.map((each) => ` ${each} 1;`).join('');
  return `${trust}  real_ip_header X-Forwarded-For;
  real_ip_recursive on;
  geo $realip_remote_addr $hf_proxied { default 0;${known} }
  map $hf_proxied:$http_x_forwarded_proto $hf_scheme { 1:https https; default $scheme; }`;
}

/** Reads keep connections; everything else opens a fresh one, which proves that the zone is there before a byte is sent. */
function upstreams(): string {
  const picked = 'server 0.0.0.1; balancer_by_lua_block { dispatch.balance() }';
  return `  upstream hf_reads { ${picked} keepalive 128; keepalive_timeout 30s; keepalive_requests 10000; }
  upstream hf_writes { ${picked} }`;
}

function visitorsServer(config: EdgeConfig): string {
  const pass = `proxy_pass http://$hf_upstream;
      error_page 502 504 = @again;
      header_filter_by_lua_block { dispatch.header() }
      log_by_lua_block { dispatch.log() }`;
  return `  server {
    listen ${config.listen} backlog=4096 default_server;
    set $hf_upstream hf_reads;
    set $hf_connection '';
    set $hf_site '';
    set $hf_epoch 0;
    set $hf_held_ms 0;
    set $hf_outcome ok;
    recursive_error_pages on;
    proxy_http_version 1.1;
    proxy_next_upstream error timeout invalid_header http_500 http_502 http_503 http_504;
    proxy_request_buffering on;
    proxy_buffers 16 8k;
    proxy_buffer_size 16k;
    proxy_busy_buffers_size 32k;
    proxy_connect_timeout 250ms;
    proxy_redirect off;
    proxy_set_header Host $http_host;
    proxy_set_header Connection $hf_connection;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $hf_scheme;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Request-Id $hf_request_id;
    add_header X-Request-Id $hf_request_id always;
    location / {
      access_by_lua_block { dispatch.access() }
      ${pass}
    }
    location @again {
      access_by_lua_block { dispatch.again() }
      ${pass}
    }
  }`;
}

function adminServer(paths: NginxPaths): string {
  return `  server {
    listen "unix:${paths.adminSocket}";
    access_log off;
    client_max_body_size 64m;
    client_body_buffer_size 1m;
    keepalive_timeout 0;
    location = /routes { content_by_lua_block { admin.routes() } }
    location = /drained { content_by_lua_block { admin.drained() } }
    location = /visits { content_by_lua_block { admin.visits() } }
    location = /tick { content_by_lua_block { admin.tick() } }
  }`;
}
