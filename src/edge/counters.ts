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
import type { Gate } from './route-row.ts';

/** The same fields as a window's, but counted since nginx started; `latency` alone only since the tick before. */
export type CopyCounts = TrafficWindow;

export interface WorkerBeat {
  worker: number;
  pid: number;
  /** Grows by one at every turn of the worker's loop. */
  beats: number;
}

/** A site's requests that were passed on to a copy and have not ended. */
export interface UnderWay {
  site: SiteId;
  /** The epoch whose row holds the site, and which every worker counted in has seen; null: it is not held. */
  heldEpoch: Epoch | null;
  /** Null: some worker has not yet counted since the hold began. */
  count: number | null;
}

/** The answer to one `/tick`. */
export interface Tick {
  workers: WorkerBeat[];
  /** Copies that had traffic since the tick before. */
  copies: CopyCounts[];
  held: { site: SiteId; count: number; longestMs: number }[];
  firstWrites: { site: SiteId; epoch: Epoch; at: WallMs }[];
  underWay: UnderWay[];
  /** Answers of 500 and above, or cut short by a move, since the tick before. */
  failed: { site: SiteId; count: number }[];
  /** Held for as long as a site may be without a newer row, and let go. */
  letGo: { site: SiteId; epoch: Epoch }[];
  /** Grows with every change of the route table; 0: it is empty. */
  generation: number;
}

export function parseTick(text: string): Tick {
  const tick: Tick = {
    workers: [],
    copies: [],
    held: [],
    firstWrites: [],
    underWay: [],
    failed: [],
    letGo: [],
    generation: 0,
  };
  for (const line of text.split('\n')) {
    const [word, ...fields] = line.split(' ');
    const number = (index: number) => Number(fields[index] ?? 0);
    if (word === 'W') tick.workers.push({ worker: number(0), pid: number(1), beats: number(2) });
    else if (word === 'C') tick.copies.push(parseCopy(fields));
    else if (word === 'H') tick.held.push({ site: fields[0] ?? '', count: number(1), longestMs: number(2) });
    else if (word === 'F') tick.firstWrites.push({ site: fields[0] ?? '', epoch: number(1), at: number(2) });
    else if (word === 'R') tick.underWay.push(parseUnderWay(fields));
    else if (word === 'X') tick.failed.push({ site: fields[0] ?? '', count: number(1) });
    else if (word === 'L') tick.letGo.push({ site: fields[0] ?? '', epoch: number(1) });
    else if (word === 'G') tick.generation = number(0);
  }
  return tick;
}

function parseUnderWay([site = '', epoch = '-', count = '-']: string[]): UnderWay {
  return { site, heldEpoch: epoch === '-' ? null : Number(epoch), count: count === '-' ? null : Number(count) };
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
  routed(rows: { site: SiteId; epoch: Epoch; gate: Gate }[], at: WallMs): void;
  /** Answers the held sites of which the last request under way has ended: see `count`. */
  add(tick: Tick): SiteId[];
  /** Counts that came before the next tick. Answers the held sites that have nothing under way any more, each once. */
  count(underWay: UnderWay[]): SiteId[];
  /** Held sites of which it is not known that they have nothing under way. */
  draining(): SiteId[];
  /** Sites that were routed anew in the last minute, or that somebody is held for. */
  reports(): RouteReport[];
  /** The same, for the controllers: failures that are told so are not told again under the next epoch. */
  tell(): RouteReport[];
}

interface Entry extends RouteReport {
  since: MonoMs;
  /** So many of `failed` were told to the controllers; the others go over to the next epoch, so that none is lost. */
  failedTold: number;
  gate: Gate;
}

const NEWS_FOR_MS = 60_000;

export function createRouteBook(clock: Clock): RouteBook {
  const book = new Map<SiteId, Entry>();

  const reports = () =>
    [...book.values()]
      .filter(({ since, heldNow }) => heldNow > 0 || clock.mono() - since < NEWS_FOR_MS)
      .map(({ since: _, gate: __, failedTold: ___, ...report }) => report);

  /** True: the last one of a held site has ended, or there was none. */
  const note = ({ site, heldEpoch, count }: UnderWay): boolean => {
    const entry = book.get(site);
    if (entry === undefined || count === null) return false;
    // What was counted before every worker knew of the hold says nothing about it.
    if (entry.gate === 'held' && heldEpoch !== entry.epoch) return false;
    const isNews = entry.gate === 'held' && count === 0 && entry.inFlight > 0;
    entry.inFlight = count;
    return isNews;
  };

  const count = (underWay: UnderWay[]) => underWay.filter(note).map(({ site }) => site);

  return {
    routed(rows, at) {
      for (const { site, epoch, gate } of rows) {
        const before = book.get(site);
        if (before !== undefined && before.epoch >= epoch) continue;
        const inFlight = before?.inFlight ?? 0;
        book.set(site, {
          site,
          epoch,
          gate,
          routedAt: at,
          firstWriteAt: null,
          heldNow: before?.heldNow ?? 0,
          heldLongestMs: before?.heldLongestMs ?? 0,
          // Of a site that is held from now on it is not yet known that there is none.
          inFlight: gate === 'held' ? Math.max(1, inFlight) : inFlight,
          failed: before === undefined ? 0 : before.failed - before.failedTold,
          failedTold: 0,
          since: clock.mono(),
        });
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
      for (const { site, count } of tick.failed) {
        const report = book.get(site);
        if (report !== undefined) report.failed += count;
      }
      return count(tick.underWay);
    },
    count,
    draining: () =>
      [...book.values()].filter(({ gate, inFlight }) => gate === 'held' && inFlight > 0).map(({ site }) => site),
    reports,
    tell() {
      for (const entry of book.values()) entry.failedTold = entry.failed;
      return reports();
    },
  };
}
