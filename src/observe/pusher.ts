/** Pushes this observer's report to every controller ten times a second, and at once when there is news that a decision waits for; a slow or dead controller never delays the others. */
import WebSocket from 'ws';
import type { MonoMs, Report } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';

export interface PusherOptions {
  clock: Clock;
  log: Log;
  /** `host:port` of every controller known now; asked at every turn. */
  controllers: () => string[];
  clusterKey: string;
  everyMs: number;
  /** Called at most once a turn or call of `soon`, and only when somebody is there to read it. */
  report: () => Report;
}

export interface Pusher {
  /** Reports at once, or 20 ms after the last report: there is news that a decision waits for. */
  soon(): void;
  stop(): void;
}

const LEAST_GAP_MS = 20;
const HANDSHAKE_MS = 1_000;
const RECONNECT_PAUSE_MS = 250;
const PING_EVERY_MS = 1_000;
/** Two of the largest reports (agent/telling.ts): less would end the connection of a host on which everything changes at once. */
const MOST_BUFFERED_BYTES = 4 * 1024 * 1024;
const MOST_ANSWER_BYTES = 64 * 1024;

interface Link {
  socket: WebSocket | null;
  /** No new connection before this. */
  retryAt: MonoMs;
  pingedAt: MonoMs;
  ponged: boolean;
  /** Told once per outage, not at every attempt. */
  troubleTold: boolean;
}

export function createPusher(options: PusherOptions): Pusher {
  const { clock, controllers, everyMs, report } = options;
  const links = new Map<string, Link>();
  let sentAt = clock.mono() - LEAST_GAP_MS;
  let cancelSoon: (() => void) | null = null;

  const send = () => {
    cancelSoon?.();
    cancelSoon = null;
    const open = [...links.values()].filter((link) => link.socket?.readyState === WebSocket.OPEN);
    if (open.length === 0) return;
    sentAt = clock.mono();
    const message = JSON.stringify(report());
    for (const link of open) link.socket?.send(message);
  };

  const turn = () => {
    const addresses = new Set(controllers());
    for (const [address, link] of links) {
      if (addresses.has(address)) continue;
      link.socket?.terminate();
      links.delete(address);
    }
    for (const address of addresses) {
      const link = links.get(address) ?? newLink(clock.mono());
      links.set(address, link);
      if (link.socket === null && clock.mono() >= link.retryAt) connect(options, address, link);
      else watchOver(clock, link);
    }
    send();
  };

  const stopTurns = clock.every(everyMs, turn);
  turn();
  return {
    soon() {
      cancelSoon ??= clock.after(Math.max(0, sentAt + LEAST_GAP_MS - clock.mono()), send);
    },
    stop() {
      stopTurns();
      cancelSoon?.();
      for (const link of links.values()) link.socket?.terminate();
      links.clear();
    },
  };
}

function newLink(now: MonoMs): Link {
  return { socket: null, retryAt: now, pingedAt: now, ponged: true, troubleTold: false };
}

function connect({ clock, log, clusterKey }: PusherOptions, address: string, link: Link): void {
  const socket = new WebSocket(`ws://${address}/observe`, {
    headers: { authorization: `Bearer ${clusterKey}` },
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: MOST_ANSWER_BYTES,
    perMessageDeflate: false,
  });
  link.socket = socket;
  socket.on('open', () => {
    link.ponged = true;
    link.pingedAt = clock.mono();
    link.troubleTold = false;
    log.info({ controller: address }, 'reporting to controller');
  });
  socket.on('pong', () => {
    link.ponged = true;
  });
  socket.on('error', (error) => {
    if (!link.troubleTold) log.warn({ controller: address, trouble: error.message }, 'cannot report to controller');
    link.troubleTold = true;
  });
  socket.on('close', () => {
    if (link.socket !== socket) return;
    link.socket = null;
    link.retryAt = clock.mono() + RECONNECT_PAUSE_MS;
  });
}

/** Drops a connection whose other end reads nothing (buffer grows) or says nothing (no pong); `close` reopens it. */
function watchOver(clock: Clock, link: Link): void {
  const socket = link.socket;
  if (socket === null || socket.readyState === WebSocket.CONNECTING) return;
  const pingDue = clock.mono() - link.pingedAt >= PING_EVERY_MS;
  const lost = socket.readyState !== WebSocket.OPEN || socket.bufferedAmount > MOST_BUFFERED_BYTES;
  if (lost || (pingDue && !link.ponged)) {
    socket.terminate();
  } else if (pingDue) {
    link.ponged = false;
    link.pingedAt = clock.mono();
    socket.ping();
  }
}
