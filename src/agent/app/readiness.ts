/** Asks the application for its readiness page the way a visitor would, with the site's host name, on a connection of its own. */
import http from 'node:http';
import type { Clock } from '../../platform/clock.ts';

export interface ReadinessTarget {
  host: string;
  port: number;
  path: string;
  /** Sent as the Host header. */
  hostName: string;
  timeoutMs: number;
}

/** The HTTP status, or 0 when there was no answer in time. Never rejects. */
export function askReadiness(clock: Clock, target: ReadinessTarget): Promise<number> {
  return new Promise((resolve) => {
    const request = http.get({
      agent: false,
      host: target.host,
      port: target.port,
      path: target.path,
      headers: { host: target.hostName, 'user-agent': 'holdfast-agent' },
    });
    const finish = (status: number) => {
      cancel();
      resolve(status);
    };
    const cancel = clock.after(target.timeoutMs, () => {
      finish(0);
      request.destroy();
    });
    request.on('response', (response) => {
      // The rest is read away: an application must not see its reader hang up four times a second.
      response.on('error', () => {});
      response.on('end', () => finish(response.statusCode ?? 0));
      response.on('close', () => finish(0));
      response.resume();
    });
    request.on('error', () => finish(0));
  });
}

/** What counts as ready: a page or a redirection. */
export function isWell(status: number): boolean {
  return status >= 200 && status < 400;
}
