/** One connection to `/events` that is kept: opened again when it breaks or falls silent, from where it was. */
import { after, every, now } from '../browser/time.ts';
import { API } from './ask.ts';
import type { FeedMessage } from './shapes.ts';
import { createParser } from './sse.ts';

/** The controller says something every ten seconds at least. */
const SILENT_MS = 15_000;
const LOOK_MS = 1_000;
const CONNECT_MS = 4_000;
const RETRY_MS = [300, 700, 1_500, 3_000];

export interface StreamEvents {
  message(message: FeedMessage): void;
  open(): void;
  /** `status`: of the answer that refused it; 0: broken, silent or unreachable. */
  lost(status: number): void;
}

export interface Stream {
  /** Begins anew now, without waiting: somebody knows that it is dead, or that it may live again. */
  renew(): void;
  stop(): void;
}

/** `site`: whose copies are to be told of too. */
export function openStream(site: () => string | null, events: StreamEvents): Stream {
  let last: string | null = null;
  let failures = 0;
  let current: AbortController | null = null;
  let waiting: (() => void) | null = null;
  let stopped = false;

  async function connect(): Promise<void> {
    waiting = null;
    const abort = new AbortController();
    current = abort;
    let heardAt = now();
    let limit = CONNECT_MS;
    const stopLooking = every(LOOK_MS, () => now() - heardAt > limit && abort.abort());
    let status = 0;
    try {
      const answer = await fetch(`${API}/events${query(site())}`, {
        headers: { accept: 'text/event-stream', ...(last === null ? {} : { 'last-event-id': last }) },
        credentials: 'same-origin',
        cache: 'no-store',
        signal: abort.signal,
      });
      status = answer.ok ? 0 : answer.status;
      if (!answer.ok || answer.body === null) throw new Error('refused');
      limit = SILENT_MS;
      failures = 0;
      events.open();
      const parse = createParser(({ event, id, data }) => {
        last = id ?? last;
        events.message({ event, data: JSON.parse(data) } as FeedMessage);
      });
      const text = new TextDecoder();
      for await (const piece of answer.body as unknown as AsyncIterable<Uint8Array>) {
        heardAt = now();
        parse(text.decode(piece, { stream: true }));
      }
    } catch {
      // However it ended: below it begins again.
    } finally {
      stopLooking();
    }
    if (stopped || current !== abort) return;
    current = null;
    events.lost(status);
    waiting = after(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]!, () => void connect());
    failures += 1;
  }

  function end(): void {
    const old = current;
    current = null;
    old?.abort();
    waiting?.();
    waiting = null;
  }
  void connect();
  return {
    renew: () => {
      end();
      if (!stopped) void connect();
    },
    stop: () => {
      stopped = true;
      end();
    },
  };
}

function query(site: string | null): string {
  return site === null ? '' : `?site=${encodeURIComponent(site)}`;
}
