/** One probe: `GET /health` on a kept connection, with its own failures told apart from the zone's. */
import http from 'node:http';
import type { ProbeFailure, ZoneId } from '../model/index.ts';

export type ProbeOutcome =
  | { answered: true }
  | { answered: false; failure: ProbeFailure }
  /** Our own trouble (no file descriptor, no port left): says nothing about the zone. */
  | { answered: null };

const MOST_BODY_BYTES = 4096;

const FAILURES: Record<string, ProbeFailure> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
};

/** What the caller may do with a probe that is under way. */
export interface ProbeUnderway {
  /** Ends it as a timeout. */
  expire(): void;
  /** Ends it without an outcome. */
  cancel(): void;
}

/** Starts one probe of `address` (`host:port`); `done` is called once, unless it is cancelled. */
export function startProbe(
  agent: http.Agent,
  zone: ZoneId,
  address: string,
  done: (outcome: ProbeOutcome) => void,
): ProbeUnderway {
  let finished = false;
  let request: http.ClientRequest;

  const finish = (outcome: ProbeOutcome | null) => {
    if (finished) return;
    finished = true;
    if (outcome?.answered !== true) request.destroy();
    if (outcome !== null) done(outcome);
  };

  const send = (connections: http.Agent | false) => {
    const { host, port } = splitAddress(address);
    request = http.get({ agent: connections, host, port, path: '/health' }, (response) => {
      readBody(response, (body) => finish(judge(zone, response.statusCode ?? 0, body)));
    });
    const sent = request;
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (finished) return;
      // A kept connection that its program closed by restarting says nothing: ask again on a fresh one.
      if (sent.reusedSocket && connections !== false) return send(false);
      finish(failureOf(error));
    });
  };

  send(agent);
  return {
    expire: () => finish({ answered: false, failure: 'timeout' }),
    cancel: () => finish(null),
  };
}

function judge(zone: ZoneId, status: number, body: string | null): ProbeOutcome {
  if (status !== 200 || body === null) return { answered: false, failure: 'bad-answer' };
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null && 'zone' in parsed && parsed.zone === zone) {
      return { answered: true };
    }
  } catch {
    // Falls through: whoever answered is not one of our programs.
  }
  return { answered: false, failure: 'bad-answer' };
}

function failureOf(error: NodeJS.ErrnoException): ProbeOutcome {
  const code = error.code ?? '';
  if (code.startsWith('HPE_')) return { answered: false, failure: 'bad-answer' };
  const failure = FAILURES[code];
  return failure === undefined ? { answered: null } : { answered: false, failure };
}

/** Calls `done` with the body, or with null when it is too long; an answer cut short ends as the request's error. */
function readBody(response: http.IncomingMessage, done: (body: string | null) => void): void {
  let body = '';
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    body += chunk;
    if (body.length > MOST_BODY_BYTES) {
      done(null);
      response.destroy();
    }
  });
  response.on('end', () => done(body));
  response.on('error', () => done(null));
}

/** `host:port`, also `[::1]:port`. */
export function splitAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}
