/** One request to the edge and what became of it; nothing is ever sent twice. */
import http from 'node:http';
import { now, type Operation } from '../history/types.ts';

export interface Where {
  host: string;
  port: number;
  /** The site's host name. */
  site: string;
}

export type Asked = Pick<Operation, 'id' | 'client' | 'verb' | 'anyCopy' | 'name' | 'value' | 'old'>;

/** Statuses with which the edge says that nothing was sent on. */
const NOT_CARRIED_OUT = new Set(['busy', 'full', 'no-routes', 'no-site']);
/** Nothing can have been sent. */
const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);

/** Always resolves; what was not answered within `timeoutMs` is unknown. */
export function ask(where: Where, asked: Asked, agent: http.Agent, timeoutMs: number): Promise<Operation> {
  const form = new URLSearchParams();
  for (const field of ['name', 'value', 'old'] as const) if (asked[field] !== null) form.set(field, asked[field]);
  const invoke = now();
  return new Promise((resolve) => {
    let settled = false;
    const end = (answer: Partial<Operation> & Pick<Operation, 'outcome'>) => {
      if (settled) return;
      settled = true;
      clearTimeout(limit);
      resolve({ type: 'op', ...asked, invoke, complete: now(), ...NOTHING, ...answer });
    };
    const path = `/${asked.verb}`;
    const request = http.request({
      host: where.host,
      port: where.port,
      agent,
      method: asked.anyCopy ? 'GET' : 'POST',
      path: asked.anyCopy ? `${path}?${form}` : path,
      headers: {
        host: where.site,
        accept: 'application/json',
        'x-request-id': `chaos-${asked.id}`,
        ...(asked.anyCopy ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
    });
    const limit = setTimeout(() => {
      end({ outcome: 'unknown', why: `no answer within ${timeoutMs} ms` });
      request.destroy();
    }, timeoutMs);
    request.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? error.message;
      end({ outcome: NEVER_CONNECTED.has(code) ? 'fail' : 'unknown', why: code });
    });
    request.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text) => {
        body += text;
      });
      response.on('error', () => {});
      response.on('close', () => {
        if (!response.complete) return end({ outcome: 'unknown', why: 'the answer was cut short' });
        const said = response.headers['x-holdfast-outcome'];
        end(understand(asked, response.statusCode!, typeof said === 'string' ? said : null, body));
      });
    });
    request.end(asked.anyCopy ? undefined : form.toString());
  });
}

const NOTHING = {
  why: null,
  seen: null,
  version: null,
  zone: null,
  server: null,
  readOnly: null,
  gtid: null,
};

type Answer = Partial<Operation> & Pick<Operation, 'outcome'>;

/** What an answer means. Pure. */
export function understand(asked: Asked, status: number, edgeSays: string | null, body: string): Answer {
  if (edgeSays !== null && NOT_CARRIED_OUT.has(edgeSays)) return { outcome: 'fail', why: `edge: ${edgeSays}` };
  let said: Record<string, unknown>;
  try {
    said = JSON.parse(body) as Record<string, unknown>;
  } catch {
    return { outcome: 'unknown', why: `status ${status}, ${edgeSays ?? 'no JSON'}` };
  }
  const { outcome, why } = said;
  if (outcome === 'mismatch') return { outcome: 'fail', why: 'mismatch' };
  if (outcome === 'fail') return { outcome: 'fail', why: String(why) };
  if (status !== 200 || outcome !== 'ok')
    return { outcome: 'unknown', why: `status ${status}, ${why ?? edgeSays ?? said.error}` };
  return {
    outcome: 'ok',
    seen: asked.verb === 'newest' ? (said.values as string[]) : asked.verb === 'read' ? valueSeen(said.value) : null,
    version: typeof said.version === 'number' ? said.version : null,
    zone: textOrNull(said.zone),
    server: typeof said.server === 'number' ? said.server : null,
    readOnly: typeof said.readOnly === 'boolean' ? said.readOnly : null,
    gtid: textOrNull(said.gtid),
  };
}

const valueSeen = (value: unknown) => (typeof value === 'string' ? [value] : []);
const textOrNull = (value: unknown) => (typeof value === 'string' ? value : null);
