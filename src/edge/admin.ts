/** Talks to nginx over its private socket: one short request, one connection, so that a stalled worker is never asked twice. */
import http from 'node:http';

export class NginxSilent extends Error {
  constructor(what: string, cause?: unknown) {
    super(`nginx did not answer ${what}`, { cause });
    this.name = 'NginxSilent';
  }
}

/** Resolves with the answer's text; rejects with NginxSilent after `timeoutMs` or when nobody listens. */
export function askNginx(socketPath: string, path: string, body: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (cause?: unknown) => reject(new NginxSilent(path, cause));
    const request = http.request(
      { socketPath, path, method: 'POST', agent: false, signal: AbortSignal.timeout(timeoutMs) },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => (response.statusCode === 200 ? resolve(text) : fail(`status ${response.statusCode}`)));
        response.on('error', fail);
      },
    );
    request.on('error', fail);
    request.setHeader('content-length', Buffer.byteLength(body));
    request.end(body);
  });
}
