/** Sends requests at their scheduled times, whether earlier ones were answered or not: waiting for answers would hide an outage. */
import http from 'node:http';
import type { Clock } from '../../platform/clock.ts';
import { systemClock } from '../../platform/clock.ts';
import type { LoadPlan, RequestShape, Sample } from './plan.ts';

const TICK_MS = 2;
/** More than this at the same time, and the figures would be the generator's own. */
const MOST_OUTSTANDING = 20_000;

export interface Load {
  /** Sends nothing new, waits for every answer or time-out, gives every sample in the order of finishing. */
  stop(): Promise<Sample[]>;
  /** Requests finished so far, and how many of them failed. */
  count(): { finished: number; failed: number };
}

export function startLoad(plan: LoadPlan, clock: Clock = systemClock): Load {
  const agents = Array.from({ length: plan.clients }, () => new http.Agent({ keepAlive: true, maxSockets: Infinity }));
  const wallOfMono = clock.wall() - clock.mono();
  const now = () => wallOfMono + clock.mono();
  const startedAt = now();
  const samples: Sample[] = [];
  const due = { get: 0, write: 0 };
  let outstanding = 0;
  let failed = 0;
  let drained = () => {};

  const finish = (sample: Sample) => {
    samples.push(sample);
    if (!sample.ok) failed += 1;
    outstanding -= 1;
    if (outstanding === 0) drained();
  };
  const sendDue = (kind: 'get' | 'write', perSecond: number, until: number) => {
    if (perSecond <= 0) return;
    // Writes fall between the GETs instead of on top of them.
    const offset = kind === 'write' ? 500 / Math.max(plan.getsPerSecond, 1) : 0;
    for (;;) {
      const scheduledAt = startedAt + offset + (due[kind] * 1000) / perSecond;
      if (scheduledAt > until) return;
      if (outstanding >= MOST_OUTSTANDING) throw new Error(`more than ${MOST_OUTSTANDING} requests are unanswered`);
      const id = `${plan.runId}-${kind}-${due[kind]}`;
      const agent = agents[due[kind] % agents.length]!;
      due[kind] += 1;
      outstanding += 1;
      send(plan, kind === 'get' ? plan.get : plan.write, { id, kind, scheduledAt }, agent, clock, now, finish);
    }
  };
  const halt = clock.every(TICK_MS, () => {
    const until = now();
    sendDue('get', plan.getsPerSecond, until);
    sendDue('write', plan.writesPerSecond, until);
  });

  return {
    async stop() {
      halt();
      if (outstanding > 0) await new Promise<void>((resolve) => (drained = resolve));
      for (const agent of agents) agent.destroy();
      return samples;
    },
    count: () => ({ finished: samples.length, failed }),
  };
}

function send(
  plan: LoadPlan,
  shape: RequestShape,
  about: Pick<Sample, 'id' | 'kind' | 'scheduledAt'>,
  agent: http.Agent,
  clock: Clock,
  now: () => number,
  finish: (sample: Sample) => void,
): void {
  const sentAt = now();
  let settled = false;
  const end = (status: number, outcome: string | null, error: string | null) => {
    if (settled) return;
    settled = true;
    cancelLimit();
    finish({ ...about, sentAt, finishedAt: now(), status, ok: shape.accepted.includes(status), outcome, error });
  };
  const body = shape.body === null ? null : fill(shape.body, about.id);
  const headers: Record<string, string | number> = { host: plan.host, 'x-request-id': about.id };
  for (const [name, value] of Object.entries(shape.headers)) headers[name] = fill(value, about.id);
  if (body !== null) headers['content-length'] = Buffer.byteLength(body);
  const request = http.request({
    ...plan.address,
    agent,
    headers,
    method: about.kind === 'get' ? 'GET' : 'POST',
    path: fill(shape.path, about.id),
  });
  const cancelLimit = clock.after(plan.timeoutMs, () => {
    end(0, null, 'timeout');
    request.destroy();
  });
  request.on('error', (error: NodeJS.ErrnoException) => end(0, null, error.code ?? error.message));
  request.on('response', (response) => {
    const outcome = response.headers['x-holdfast-outcome'];
    response.resume();
    response.on('error', () => {});
    response.on('close', () => {
      const whole = response.complete;
      end(whole ? response.statusCode! : 0, typeof outcome === 'string' ? outcome : null, whole ? null : 'cut short');
    });
  });
  request.end(body);
}

function fill(text: string, id: string): string {
  return text.replaceAll('{{id}}', id);
}
