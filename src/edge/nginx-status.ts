/** The part of nginx's configuration that serves the status page: files, how old they are, and its few forms. */
import type { EdgeConfig } from '../config/programs.ts';
import { pagePaths } from './status-page/disk.ts';

/** Nothing runs, and nothing is loaded from elsewhere. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Forms that one visitor may send; a few at once, then one every ten seconds. */
const FORMS = { rate: '6r/m', burst: 5 };

export function statusZone({ statusHosts }: EdgeConfig): string {
  return statusHosts.length === 0 ? '' : `  limit_req_zone $binary_remote_addr zone=hf_forms:1m rate=${FORMS.rate};`;
}

/** Empty when the edge serves no status page. What visitors ask for is logged nowhere: addresses of private pages are secrets. */
export function statusServer({ listen, stateDir, statusHosts }: EdgeConfig): string {
  if (statusHosts.length === 0) return '';
  const { pages, forms } = pagePaths(stateDir);
  return `  server {
    listen ${listen};
    server_name ${statusHosts.join(' ')};
    root "${pages}";
    access_log off;
    log_not_found off;
    absolute_redirect off;
    charset utf-8;
    charset_types text/css application/json application/rss+xml image/svg+xml;
    types { text/html html; text/css css; application/json json; application/rss+xml xml; image/svg+xml svg; }
    gzip on;
    gzip_types text/css application/json application/rss+xml image/svg+xml;
    ssi on;
    ssi_types application/json;
    ssi_silent_errors on;
    set $hf_status_seconds '';
    set $hf_status_old 'yes';
    set $hf_status_age 'of unknown age';
    add_header Content-Security-Policy "${POLICY}" always;
    add_header Referrer-Policy no-referrer always;
    add_header X-Content-Type-Options nosniff always;
    add_header Cache-Control no-cache always;
    error_page 403 404 =404 /404.html;
    rewrite_by_lua_block { require('status').fill() }
    location / {
      if ($request_method !~ ^(?:GET|HEAD)$) { return 405; }
      index index.html;
    }
    location ~ ^/(?:subscribe$|confirm/|unsubscribe/) {
      ssi off;
      client_max_body_size 4k;
      client_body_buffer_size 4k;
      limit_req zone=hf_forms burst=${FORMS.burst} nodelay;
      limit_req_status 429;
      proxy_pass http://unix:${forms}:;
      proxy_connect_timeout 2s;
      proxy_read_timeout 20s;
      proxy_intercept_errors on;
      proxy_set_header Connection '';
      error_page 429 /429.html;
      error_page 500 502 503 504 =503 /503.html;
    }
  }`;
}
