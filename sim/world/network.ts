/** The network between places (zones and edges): how long a packet takes, and whether it arrives; connections as TCP keeps them. */
import type { Random } from '../random.ts';
import type { SimMs } from '../trace.ts';
import type { Engine } from './engine.ts';
import type { Place } from './faults.ts';

/** What a fault adds to one direction between two places. */
export interface LinkTrouble {
  cut?: boolean;
  loss?: number;
  addedMs?: number;
  jitterMs?: number;
  duplicate?: number;
  reorderMs?: number;
}

interface Link {
  baseMs: number;
  troubles: LinkTrouble[];
  cut: boolean;
  loss: number;
  addedMs: number;
  jitterMs: number;
  duplicate: number;
  reorderMs: number;
}

export interface Network {
  places: readonly Place[];
  /** Milliseconds until one packet arrives; Infinity: it is lost. */
  tripMs(from: Place, to: Place): SimMs;
  isCut(from: Place, to: Place): boolean;
  /** Nothing is wrong between them, in either direction. */
  isClean(one: Place, other: Place): boolean;
  /** Share of packets lost from one to the other (1 when cut). */
  lossOf(from: Place, to: Place): number;
  /** How a message of a stream that is not kept in order may arrive besides: extra copies after these delays. */
  oddities(from: Place, to: Place): { againAfterMs: number | null; lateByMs: number };
  trouble(from: Place, to: Place, trouble: LinkTrouble): () => void;
  /** Called after each change of any link. */
  onChange(call: () => void): void;
}

const WITHIN_MS = 0.03;

export function createNetwork(places: readonly Place[], random: Random): Network {
  const links = new Map<Place, Map<Place, Link>>();
  for (const from of places) links.set(from, new Map());
  for (const from of places) {
    for (const to of places) links.get(from)!.set(to, newLink(from === to ? WITHIN_MS : random.between(0.1, 0.5)));
  }
  const listeners: (() => void)[] = [];
  let troubles = 0;
  const linkOf = (from: Place, to: Place) => links.get(from)!.get(to)!;
  return {
    places,
    tripMs(from, to) {
      const link = linkOf(from, to);
      if (link.cut || (link.loss > 0 && random.chance(link.loss))) return Number.POSITIVE_INFINITY;
      return link.baseMs * (1 + random.next()) + link.addedMs + link.jitterMs * random.next();
    },
    isCut: (from, to) => linkOf(from, to).cut,
    isClean: (one, other) =>
      troubles === 0 || (linkOf(one, other).troubles.length === 0 && linkOf(other, one).troubles.length === 0),
    lossOf: (from, to) => (linkOf(from, to).cut ? 1 : linkOf(from, to).loss),
    oddities(from, to) {
      const { duplicate, reorderMs } = linkOf(from, to);
      return {
        againAfterMs: random.chance(duplicate) ? random.exponential(200) : null,
        lateByMs: reorderMs > 0 ? random.next() * reorderMs : 0,
      };
    },
    trouble(from, to, trouble) {
      const link = linkOf(from, to);
      link.troubles.push(trouble);
      troubles += 1;
      sumUp(link);
      for (const call of listeners) call();
      return () => {
        if (!link.troubles.includes(trouble)) return;
        link.troubles = link.troubles.filter((one) => one !== trouble);
        troubles -= 1;
        sumUp(link);
        for (const call of listeners) call();
      };
    },
    onChange: (call) => listeners.push(call),
  };
}

function newLink(baseMs: number): Link {
  return { baseMs, troubles: [], cut: false, loss: 0, addedMs: 0, jitterMs: 0, duplicate: 0, reorderMs: 0 };
}

function sumUp(link: Link): void {
  const sum = (of: (trouble: LinkTrouble) => number | undefined) =>
    link.troubles.reduce((total, one) => total + (of(one) ?? 0), 0);
  link.cut = link.troubles.some((one) => one.cut === true);
  link.loss = 1 - link.troubles.reduce((kept, one) => kept * (1 - (one.loss ?? 0)), 1);
  link.addedMs = sum((one) => one.addedMs);
  link.jitterMs = sum((one) => one.jitterMs);
  link.duplicate = Math.min(
    1,
    sum((one) => one.duplicate),
  );
  link.reorderMs = sum((one) => one.reorderMs);
}

/** One direction of one connection: everything arrives once and in order, later when packets are lost, or never. */
export interface Stream {
  send(arrive: () => void): void;
  /** Nothing more of it arrives, also not what is under way. */
  close(): void;
  /** Sent and not arrived yet. */
  waiting(): number;
}

const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 3_000;
/** So many packets go out without an acknowledgement. */
const MOST_UNACKNOWLEDGED = 10;

export function openStream(engine: Engine, net: Network, from: Place, to: Place): Stream {
  let lastAt = 0;
  let closed = false;
  let held: (() => void)[] = [];
  let retryMs = FIRST_RETRY_MS;
  let unacknowledged = 0;

  const schedule = (tripMs: number, arrive: () => void) => {
    lastAt = Math.max(engine.now() + tripMs, lastAt);
    engine.at(lastAt, () => {
      if (!closed) arrive();
    });
  };
  const retry = () => {
    if (closed) return;
    const tripMs = net.tripMs(from, to);
    const acknowledged = net.tripMs(to, from) !== Number.POSITIVE_INFINITY;
    if (tripMs === Number.POSITIVE_INFINITY || (!acknowledged && unacknowledged >= MOST_UNACKNOWLEDGED)) {
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
      engine.after(retryMs, retry);
      return;
    }
    if (acknowledged) unacknowledged = 0;
    retryMs = FIRST_RETRY_MS;
    for (const arrive of held) schedule(tripMs, arrive);
    held = [];
  };
  return {
    send(arrive) {
      if (closed) return;
      if (held.length > 0) {
        held.push(arrive);
        return;
      }
      const tripMs = net.tripMs(from, to);
      if (net.isCut(to, from)) unacknowledged += 1;
      else unacknowledged = 0;
      if (tripMs !== Number.POSITIVE_INFINITY && unacknowledged <= MOST_UNACKNOWLEDGED) return schedule(tripMs, arrive);
      held.push(arrive);
      engine.after(retryMs, retry);
    },
    close() {
      closed = true;
      held = [];
    },
    waiting: () => held.length,
  };
}
