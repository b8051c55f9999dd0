/**
 * An observer's probes of every zone's agent and controller, ten times a second each. Where nothing is wrong one event stands for
 * all probes of a turn; a troubled one is followed packet by packet.
 */
import type { ProbeFailure, ZoneId, ZoneProbe } from '../../src/model/index.ts';
import { createListeningClock } from '../../src/observe/listening.ts';
import { createProbeTally, type ProbeTally } from '../../src/observe/tally.ts';
import type { Process } from './process.ts';
import type { Seat } from './seats.ts';
import type { World } from './world.ts';

const EVERY_MS = 100;
const TIMEOUT_MS = 400;
/** A lost packet of a kept connection is sent again after this. */
const RETRY_MS = 200;
const MOST_OUTSTANDING = 10;
const LEAST_PROOF_FIRST: ProbeFailure[] = ['bad-answer', 'timeout', 'unreachable', 'reset', 'refused'];

interface Target {
  zone: ZoneId;
  seat: Seat;
  sequence: number;
  outcomeOf: number;
  outstanding: number;
  finishedAny: boolean;
  failure: ProbeFailure | null;
}

interface Zone {
  zone: ZoneId;
  targets: Target[];
  answeredAt: number | null;
  rttMs: number | null;
  tally: ProbeTally;
}

export interface SimProber {
  probes(): ZoneProbe[];
  /** The same without what only reports need. */
  ages(): ZoneProbe[];
  /** How long ago the zone that was silent for longest has answered; infinite when one never did. */
  oldestAnswerMs(): number;
}

/** Probes every zone that `zones` answers, from the place of `process`. */
export function createSimProber(world: World, process: Process, zones: () => Iterable<ZoneId>): SimProber {
  const { engine, net, seats } = world;
  const { place, clock } = process;
  const listening = createListeningClock(clock, 2 * EVERY_MS);
  const known = new Map<ZoneId, Zone>();

  const end = (zone: Zone, target: Target, sequence: number, failure: ProbeFailure | null, rttMs: number) => {
    target.outstanding -= 1;
    const now = listening.now();
    zone.tally.note(failure !== null, now);
    if (sequence >= target.outcomeOf) {
      target.outcomeOf = sequence;
      target.finishedAny = true;
      target.failure = failure;
    }
    if (failure !== null) return;
    zone.answeredAt = now;
    zone.rttMs = rttMs;
  };

  /** Packet by packet: may be lost, refused, or come to somebody who is paused. */
  const follow = (zone: Zone, target: Target) => {
    const sequence = ++target.sequence;
    target.outstanding += 1;
    const startedAt = engine.now();
    let over = false;
    const finish = (failure: ProbeFailure | null) =>
      process.deliver(() => {
        if (over) return;
        over = true;
        end(zone, target, sequence, failure, engine.now() - startedAt);
      });
    engine.after(TIMEOUT_MS, () => finish('timeout'));
    const travel = (from: string, to: string, arrive: () => void, tries: number) => {
      const tripMs = net.tripMs(from, to);
      if (tripMs !== Number.POSITIVE_INFINITY) engine.after(tripMs, arrive);
      else if (tries > 1) engine.after(RETRY_MS, () => travel(from, to, arrive, tries - 1));
    };
    travel(
      place,
      zone.zone,
      () => {
        const there = target.seat.process;
        if (there === null) travel(zone.zone, place, () => finish('refused'), 2);
        else there.deliver(() => travel(zone.zone, place, () => finish(null), 2));
      },
      2,
    );
  };

  const turn = () => {
    listening.now();
    const clean: [Zone, Target, Process][] = [];
    for (const name of zones()) {
      if (name === place) continue;
      let zone = known.get(name);
      if (zone === undefined) {
        zone = newZone(name, [seats.of('agent', name), seats.of('controller', name)]);
        known.set(name, zone);
      }
      const isClean = net.isClean(place, name);
      for (const target of zone.targets) {
        const there = target.seat.process;
        if (isClean && there !== null && there.state() === 'running') clean.push([zone, target, there]);
        else if (target.outstanding < MOST_OUTSTANDING) follow(zone, target);
      }
    }
    if (clean.length === 0) return;
    const rttMs = world.random.between(0.3, 1.2);
    engine.after(rttMs, () =>
      process.deliver(() => {
        for (const [zone, target, there] of clean) {
          target.outstanding += 1;
          const failure = there.state() === 'running' ? null : there.state() === 'ended' ? 'reset' : 'timeout';
          end(zone, target, ++target.sequence, failure, rttMs);
        }
      }),
    );
  };

  clock.every(EVERY_MS, turn);
  turn();
  const read = (zone: Zone, now: number, counts: { ended: number; failed: number }): ZoneProbe => ({
    zone: zone.zone,
    answeredAgoMs: zone.answeredAt === null ? null : Math.round(now - zone.answeredAt),
    failure: failureOfAll(zone.targets),
    rttMs: zone.rttMs === null ? null : Math.round(zone.rttMs * 10) / 10,
    ended: counts.ended,
    failed: counts.failed,
  });
  const none = { ended: 0, failed: 0 };
  return {
    probes() {
      const now = listening.now();
      return [...known.values()].map((zone) => read(zone, now, zone.tally.read(now)));
    },
    oldestAnswerMs() {
      const now = listening.now();
      let oldest = 0;
      for (const { answeredAt } of known.values())
        oldest = Math.max(oldest, answeredAt === null ? Number.POSITIVE_INFINITY : now - answeredAt);
      return oldest;
    },
    ages() {
      const now = listening.now();
      const ages: ZoneProbe[] = [];
      for (const zone of known.values()) ages.push(read(zone, now, none));
      return ages;
    },
  };
}

function newZone(zone: ZoneId, seats: Seat[]): Zone {
  const targets = seats.map((seat) => ({
    zone,
    seat,
    sequence: 0,
    outcomeOf: 0,
    outstanding: 0,
    finishedAny: false,
    failure: null,
  }));
  return { zone, targets, answeredAt: null, rttMs: null, tally: createProbeTally() };
}

/** Null when any target answered last time, or has not been heard of yet. */
function failureOfAll(targets: Target[]): ProbeFailure | null {
  for (const target of targets) if (!target.finishedAny || target.failure === null) return null;
  return LEAST_PROOF_FIRST.find((failure) => targets.some((target) => target.failure === failure)) ?? null;
}
