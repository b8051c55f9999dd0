/**
 * A small world at the level of reports: three agents and two edges look at three zones, and what they report travels to one or
 * more controllers, who take it in and turn at the detector's own pace. No database, store or single request is simulated.
 */
import { TICK_MS } from '../../src/controller/loop.ts';
import type { Placement, Report } from '../../src/model/index.ts';
import type { Cluster } from './cluster.ts';
import { type Conditions, conditionsAt, type Effect, NODES } from './conditions.ts';
import { createLink, type Link } from './links.ts';
import { createObserver, type Observer } from './observer.ts';
import type { Chance } from './random.ts';
import type { Asked } from './traffic.ts';

/** The wall clock when a world begins; only records carry it. */
const WALL_MS = Date.UTC(2026, 0, 1);

/** One controller, or whatever else takes reports in and turns. */
export interface Listener {
  /** Number of the zone that it stands in; null: it is no controller, hears no reports and is never paused. */
  zone: number | null;
  hear(report: Report, now: number): void;
  /** True: the run is over. */
  turn(now: number, wall: number): boolean;
}

export interface WorldOptions {
  cluster: Cluster;
  /** Read at every report; whoever decides replaces entries. */
  placements: ReadonlyMap<string, Placement>;
  chance: Chance;
  effects: Effect[];
  listeners: Listener[];
  /** So many times the usual requests: the hour of the day. */
  hour: number;
  start: number;
  onAsked?: (asked: Asked) => void;
}

export interface World {
  /** Runs until then, or until a listener says that it is over; answers when that was. */
  run(until: number): number;
  conditions(): Conditions;
}

interface Hearing {
  listener: Listener;
  links: Link[];
  turnAt: number;
  paused: boolean;
  /** What arrived while it was paused is taken in from then on. */
  resumedAt: number;
}

export function createWorld(options: WorldOptions): World {
  const { cluster, chance, effects, listeners, start } = options;
  let conditions = conditionsAt(cluster, effects, start);
  const observers = Array.from({ length: NODES }, (_, node) => createObserver(node, options));
  const hearings = listeners.map((listener): Hearing => {
    const { zone } = listener;
    const links =
      zone === null ? [] : observers.map((_, node) => createLink(node, zone, cluster.wayMs[node]![zone]!, chance));
    return { listener, links, turnAt: start + chance.between(0, TICK_MS), paused: false, resumedAt: start };
  });
  const changes = changesOf(effects, start);
  /** When each is due, worked out anew only for whom something happened to. */
  const observersDue = observers.map((observer) => observer.dueAt());
  const hearingsDue = hearings.map(dueAt);

  const change = (now: number) => {
    for (const observer of observers) observer.before(now, conditions);
    conditions = conditionsAt(cluster, effects, now);
    for (const observer of observers) observer.changed(now, conditions);
    for (const observer of observers) observersDue[observer.node] = observer.dueAt();
    for (const [index, hearing] of hearings.entries()) {
      for (const link of hearing.links) link.changed(now, conditions);
      const { zone } = hearing.listener;
      const paused = zone !== null && (conditions.controllerPaused[zone]! || conditions.zoneDead[zone]!);
      // After a pause timers come before what has queued up in the sockets.
      if (hearing.paused && !paused) {
        hearing.turnAt = now;
        hearing.resumedAt = now;
      }
      hearing.paused = paused;
      hearingsDue[index] = dueAt(hearing);
    }
  };

  const report = (observer: Observer, now: number) => {
    const made = observer.act(now, conditions);
    observersDue[observer.node] = observer.dueAt();
    if (made === null) return;
    for (let index = 0; index < hearings.length; index += 1) {
      const hearing = hearings[index]!;
      const link = hearing.links[observer.node];
      if (link === undefined) continue;
      link.send(made, now, conditions);
      // What it waits for otherwise is as it was.
      if (!hearing.paused)
        hearingsDue[index] = Math.min(hearingsDue[index]!, Math.max(link.nextAt(), hearing.resumedAt));
    }
  };

  const turn = (hearing: Hearing, now: number): boolean => {
    hearing.turnAt += TICK_MS;
    if (hearing.paused) return false;
    const { zone } = hearing.listener;
    const jumpMs = zone === null ? 0 : conditions.wallJumpMs[zone]!;
    return hearing.listener.turn(now, WALL_MS + now + jumpMs);
  };

  const attend = (hearing: Hearing, now: number): boolean => {
    if (hearing.turnAt <= now) return turn(hearing, now);
    for (const link of hearing.links) {
      if (link.nextAt() > now) continue;
      hearing.listener.hear(link.take(), now);
      break;
    }
    return false;
  };

  return {
    conditions: () => conditions,
    run(until) {
      for (;;) {
        let at = changes[0] ?? Number.POSITIVE_INFINITY;
        let observer = -1;
        let hearing = -1;
        for (let index = 0; index < observersDue.length; index += 1) {
          if (observersDue[index]! >= at) continue;
          at = observersDue[index]!;
          observer = index;
        }
        for (let index = 0; index < hearingsDue.length; index += 1) {
          if (hearingsDue[index]! >= at) continue;
          at = hearingsDue[index]!;
          hearing = index;
        }
        if (at >= until) return until;
        if (hearing >= 0) {
          const over = attend(hearings[hearing]!, at);
          hearingsDue[hearing] = dueAt(hearings[hearing]!);
          if (over) return at;
        } else if (observer >= 0) report(observers[observer]!, at);
        else change(changes.shift()!);
      }
    },
  };
}

/** Whatever comes first of its turns and what arrives; never while it is paused. */
function dueAt({ paused, turnAt, links, resumedAt }: Hearing): number {
  if (paused) return Number.POSITIVE_INFINITY;
  let least = turnAt;
  for (const link of links) least = Math.min(least, link.nextAt());
  return Math.max(least, resumedAt);
}

function changesOf(effects: Effect[], start: number): number[] {
  const times = new Set(effects.flatMap(({ fromMs, toMs }) => [fromMs, toMs]));
  return [...times].filter((at) => at > start).sort((one, two) => one - two);
}
