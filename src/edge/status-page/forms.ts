/** Hands what visitors send from the status page on to a controller: nginx gives it to this socket, since it knows no controller. */
import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs';
import http from 'node:http';
import { z } from 'zod';
import type { EdgeConfig } from '../../config/programs.ts';
import type { Log } from '../../platform/log.ts';
import { userIds } from '../../platform/users.ts';
import { pagePaths } from './disk.ts';

const MOST_BYTES = 4_096;
const WITHIN_MS = 5_000;

const answerSchema = z.object({ status: z.int().min(200).max(599), html: z.string() });
type Answer = z.infer<typeof answerSchema>;

export interface FormsOptions {
  config: Pick<EdgeConfig, 'stateDir' | 'user'>;
  clusterKey: string;
  /** `host:port`. */
  controllers(): string[];
  log: Log;
}

/** Only nginx's workers may connect. Rejects when the socket cannot be made. */
export async function startForms({
  config,
  clusterKey,
  controllers,
  log,
}: FormsOptions): Promise<{ stop(): Promise<void> }> {
  const { forms, folder } = pagePaths(config.stateDir);

  async function ask(controller: string, form: object): Promise<Answer> {
    const response = await fetch(`http://${controller}/status-page/form`, {
      method: 'POST',
      headers: { authorization: `Bearer ${clusterKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(form),
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`${controller} answered ${response.status}`);
    }
    return answerSchema.parse(await response.json());
  }

  /** Doing it twice does no more than once, so that the next one may be asked; null: nobody answers. */
  async function askAny(form: object): Promise<Answer | null> {
    for (const controller of controllers()) {
      try {
        return await ask(controller, form);
      } catch (error) {
        log.debug({ controller, trouble: String(error) }, 'a form was not taken by this controller');
      }
    }
    return null;
  }

  const server = http.createServer((request, response) => {
    void bodyOf(request)
      .then((body) =>
        body === null ? null : askAny({ method: request.method === 'POST' ? 'POST' : 'GET', path: request.url, body }),
      )
      .catch(() => null)
      .then((answer) => {
        response.writeHead(answer?.status ?? 503, { 'content-type': 'text/html; charset=utf-8' });
        response.end(answer?.html ?? '');
      });
  });
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  rmSync(forms, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(forms, resolve);
  });
  const ids = userIds(config.user);
  if (ids !== null) chownSync(forms, ids.uid, ids.gid);
  chmodSync(forms, 0o600);
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Null: too long. */
async function bodyOf(request: http.IncomingMessage): Promise<string | null> {
  let body = '';
  for await (const piece of request) {
    body += String(piece);
    if (body.length > MOST_BYTES) return null;
  }
  return body;
}
