/** Reads what the Lua side counts, and makes of it what the controllers are told; pure. */
import {
  type Epoch,
  LATENCY_BOUNDS_MS,
  type MonoMs,
  type RouteReport,
  type SiteId,
  type TrafficWindow,
  type WallMs,
} from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';

/** The same fields as a window's, but counted since nginx started; `latency` alone only since the tick before. */
export type CopyCounts = TrafficWindow;

export interface WorkerBeat {
  worker: number;
  pid: number;
  /** Grows by one at every turn of the worker's loop. */
  beats: number;
}

/** The answer to one `/tick`. */
export interface Tick {
  workers: WorkerBeat[];
  /** Copies that had traffic since the tick before. */
  copies: CopyCounts[];
  held: { site: SiteId; count: number; longestMs: number }[];
  firstWrites: { site: SiteId; epoch: Epoch; at: WallMs }[];
  /** Grows with every change of the route table; 0: it is empty. */
  generation: number;
}

export function parseTick(text: string): Tick {
  const tick: Tick = { workers: [], copies: [], held: [], firstWrites: [], generation: 0 };
  for (const line of text.split('\n')) {
    const [word, ...fields] = line.split(' ');
    const number = (index: number) => Number(fields[index] ?? 0);
    if (word === 'W') tick.workers.push({ worker: number(0), pid: number(1), beats: number(2) });
    else if (word === 'C') tick.copies.push(parseCopy(fields));
    else if (word === 'H') tick.held.push({ site: fields[0] ?? '', count: number(1), longestMs: number(2) });
    else if (word === 'F') tick.firstWrites.push({ site: fields[0] ?? '', epoch: number(1), at: number(2) });
    else if (word === 'G') tick.generation = number(0);
  }
  return tick;
}

function parseCopy(fields: string[]): CopyCounts {
  const [key = '', ...values] = fields;
  const at = key.lastIndexOf('@');
  const [
    attempts = 0,
    answered = 0,
    serverErrors = 0,
    connectErrors = 0,
    timeouts = 0,
    waiting = 0,
    oldestWaitingMs = 0,
  ] = values.map(Number);
  const ago = values[7];
  return {
    site: key.slice(0, at),
    zone: key.slice(at + 1),
    attempts,
    answered,
    serverErrors,
    connectErrors,
    timeouts,
    waiting,
    oldestWaitingMs,
    answeredAgoMs: ago === undefined || ago === '-' ? null : Number(ago),
    latency: parseLatency(values[8]),
  };
}

const CLASSES = LATENCY_BOUNDS_MS.length + 1;

function noLatency(): number[] {
  return Array<number>(CLASSES).fill(0);
}

/** `0:12,4:1` → ten counts. */
function parseLatency(text = '-'): number[] {
  const counts = noLatency();
  if (text === '-') return counts;
  for (const part of text.split(',')) {
    const [at, count] = part.split(':').map(Number);
    if (at !== undefined && count !== undefined && counts[at] !== undefined) counts[at] += count;
  }
  return counts;
}

/** Adds ticks up until somebody asks for the window since they last asked. */
export interface TrafficMeter {
  add(tick: Tick): void;
  /** Nginx began anew: its counts start from zero. */
  restarted(): void;
  /** The window since the last call: copies with traffic in it, or with somebody waiting. */
  take(): TrafficWindow[];
}

const COUNTS = ['attempts', 'answered', 'serverErrors', 'connectErrors', 'timeouts'] as const;

/** `fromZero`: nginx was just started, so that every count belongs to our time. */
export function createTrafficMeter(fromZero: boolean): TrafficMeter {
  const totals = new Map<string, CopyCounts>();
  const windows = new Map<string, TrafficWindow>();

  const addCopy = (copy: CopyCounts) => {
    const key = `${copy.site}@${copy.zone}`;
    const before = totals.get(key);
    totals.set(key, copy);
    const window = windows.get(key) ?? {
      ...copy,
      attempts: 0,
      answered: 0,
      serverErrors: 0,
      connectErrors: 0,
      timeouts: 0,
      latency: noLatency(),
    };
    // What an adopted nginx had counted before this process came says nothing about now.
    const since = before ?? (fromZero ? null : copy);
    for (const count of COUNTS) window[count] += Math.max(0, copy[count] - (since?.[count] ?? 0));
    if (since !== copy) window.latency = window.latency.map((count, at) => count + copy.latency[at]!);
    window.waiting = copy.waiting;
    window.oldestWaitingMs = copy.oldestWaitingMs;
    window.answeredAgoMs = copy.answeredAgoMs;
    windows.set(key, window);
  };

  return {
    add: (tick) => tick.copies.forEach(addCopy),
    restarted() {
      for (const copy of totals.values()) for (const count of COUNTS) copy[count] = 0;
    },
    take() {
      const taken = [...windows.values()];
      windows.clear();
      return taken;
    },
  };
}

/** What became of each site's newest epoch here. */
export interface RouteBook {
  /** The data plane has taken these rows. */
  routed(rows: { site: SiteId; epoch: Epoch }[], at: WallMs): void;
  add(tick: Tick): void;
  /** Sites that were routed anew in the last minute, or that somebody is held for. */
  reports(): RouteReport[];
}

const NEWS_FOR_MS = 60_000;

export function createRouteBook(clock: Clock): RouteBook {
  const book = new Map<SiteId, RouteReport & { since: MonoMs }>();
  return {
    routed(rows, at) {
      for (const { site, epoch } of rows) {
        const before = book.get(site);
        if (before !== undefined && before.epoch >= epoch) continue;
        const since = clock.mono();
        book.set(site, { site, epoch, routedAt: at, firstWriteAt: null, heldNow: 0, heldLongestMs: 0, since });
      }
    },
    add(tick) {
      for (const report of book.values()) {
        report.heldNow = 0;
        report.heldLongestMs = 0;
      }
      for (const { site, count, longestMs } of tick.held) {
        const report = book.get(site);
        if (report === undefined) continue;
        report.heldNow += count;
        report.heldLongestMs = Math.max(report.heldLongestMs, longestMs);
      }
      for (const { site, epoch, at } of tick.firstWrites) {
        const report = book.get(site);
        if (report !== undefined && report.epoch === epoch) report.firstWriteAt ??= at;
      }
    },
    reports: () =>
      [...book.values()]
        .filter(({ since, heldNow }) => heldNow > 0 || clock.mono() - since < NEWS_FOR_MS)
        .map(({ since: _, ...report }) => report),
  };
}
