/** `GET /salvage`, `GET /salvage/ID`, `GET /salvage/ID/sql` and `POST /salvage/ID/discard`, for holders of the cluster's key only. */
import type http from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { ZoneId } from '../model/index.ts';
import type { Log } from '../platform/log.ts';
import type { SalvageDesk } from './mariadb/salvage/desk.ts';

const PATH = /^\/salvage(?:\/([a-zA-Z0-9-]{1,120})(\/sql|\/discard)?)?$/;
const MOST_BODY_BYTES = 10_000;
const REFUSALS = {
  unknown: [404, 'there is no such folder'],
  'other-site': [409, 'it belongs to another site than the one named: nothing was changed'],
  busy: [409, 'what only it has is still being looked for: nothing was changed'],
} as const;

/** False: the request is none of these. */
export function serveSalvage(
  desk: SalvageDesk,
  { zone, log }: { zone: ZoneId; log: Log },
  request: http.IncomingMessage,
  response: http.ServerResponse,
): boolean {
  const match = PATH.exec(request.url ?? '');
  if (match === null) return false;
  const [, id, what] = match;
  const work = async () => {
    if (request.method === 'POST' && id !== undefined && what === '/discard')
      return discard(desk, id, request, response);
    if (request.method !== 'GET' || what === '/discard') return answer(response, 405, { error: 'not for this method' });
    if (id === undefined) return answer(response, 200, { zone, kept: await desk.list() });
    if (what === '/sql') return sendSql(desk, id, response);
    const kept = await desk.show(id);
    return kept === null ? refuse(response, 'unknown') : answer(response, 200, { zone, kept });
  };
  work().catch((error: Error) => {
    log.error({ err: error, path: request.url }, 'what was set aside could not be told');
    if (response.headersSent) response.destroy();
    else answer(response, 500, { error: error.message });
  });
  return true;
}

async function sendSql(desk: SalvageDesk, id: string, response: http.ServerResponse): Promise<void> {
  const sql = await desk.sql(id);
  if (sql === null) return refuse(response, 'unknown');
  response.writeHead(200, { 'content-type': 'application/sql' });
  await pipeline(sql, response);
}

async function discard(
  desk: SalvageDesk,
  id: string,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const body = await bodyOf(request);
  const { site, by } = body as { site?: unknown; by?: unknown };
  if (typeof site !== 'string' || typeof by !== 'string')
    return answer(response, 400, { error: 'site and by are wanted' });
  const outcome = await desk.discard(id, { site, by });
  if (outcome !== 'discarded') return refuse(response, outcome);
  answer(response, 200, { discarded: id });
}

async function bodyOf(request: http.IncomingMessage): Promise<object> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MOST_BODY_BYTES) throw new Error('the request is too long');
  }
  try {
    return (JSON.parse(text) as object | null) ?? {};
  } catch {
    return {};
  }
}

function refuse(response: http.ServerResponse, why: keyof typeof REFUSALS): void {
  const [status, error] = REFUSALS[why];
  answer(response, status, { error });
}

function answer(response: http.ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
