/** The probes of one observer: what `observe/prober.ts` would have seen, ten times a second, two programs in each zone. */
import type { ProbeFailure, ZoneProbe } from '../../src/model/index.ts';
import { PROBE_MEMORY_MS } from '../../src/model/index.ts';
import { ZONES } from './cluster.ts';
import { type Conditions, ZONE_COUNT } from './conditions.ts';
import type { Chance } from './random.ts';

export const PROBE_EVERY_MS = 100;
const PROBE_TIMEOUT_MS = 400;
/** TCP sends what was lost again after so long (RTO_MIN of Linux; RFC 6298 asks for more). */
export const RETRANSMIT_MS = 200;
const TARGETS = 2;

interface Seen {
  answeredAt: number;
  /** The answer before, for when the newest is still on its way. */
  answeredBefore: number;
  /** By target: when its first failure of the present run was known; infinite: none. */
  failedFrom: number[];
  refused: boolean;
  /** Ends of failed probes, oldest first. */
  failures: number[];
}

export interface Probing {
  probe(now: number, conditions: Conditions): void;
  /** The observer stood still for `gapMs`; ages count only time in which it listened. */
  stoodStill(gapMs: number): void;
  report(now: number): ZoneProbe[];
}

/** `node`: 0–2 the agents, 3–4 the edges. An agent does not probe its own zone. */
export function createProbing(node: number, wayMs: number[][], chance: Chance, start: number): Probing {
  const zones = [0, 1, 2].filter((zone) => zone !== node);
  const seen: Seen[] = Array.from({ length: ZONE_COUNT }, () => ({
    answeredAt: start,
    answeredBefore: start,
    failedFrom: Array<number>(TARGETS).fill(Number.POSITIVE_INFINITY),
    refused: false,
    failures: [],
  }));
  const startedAt = start - PROBE_MEMORY_MS;

  const answered = (one: Seen, target: number, at: number) => {
    one.failedFrom[target] = Number.POSITIVE_INFINITY;
    if (at <= one.answeredAt) return;
    one.answeredBefore = one.answeredAt;
    one.answeredAt = at;
  };

  const failed = (one: Seen, target: number, at: number) => {
    one.failures.push(at);
    one.failedFrom[target] = Math.min(one.failedFrom[target]!, at);
  };

  const probeTarget = (now: number, conditions: Conditions, zone: number, target: number) => {
    const one = seen[zone]!;
    const rtt = 2 * wayMs[node]![zone]!;
    const there = conditions.loss[node]![zone]!;
    const back = conditions.loss[zone]![node]!;
    const paused = target === 0 ? conditions.agentPaused[zone]! : conditions.controllerPaused[zone]!;
    if (there < 1 && back < 1 && conditions.zoneDead[zone]) {
      one.refused = true;
      failed(one, target, now + rtt);
      return;
    }
    one.refused = false;
    const loss = 1 - (1 - there) * (1 - back);
    const lost = loss > 0 && chance.happens(loss);
    const lostAgain = lost && chance.happens(loss);
    if (loss === 1 || paused || lostAgain) failed(one, target, now + PROBE_TIMEOUT_MS);
    else answered(one, target, now + rtt + (lost ? RETRANSMIT_MS : 0));
  };

  const toProbe = (zone: number, now: number): ZoneProbe => {
    const one = seen[zone]!;
    const { failures } = one;
    while (failures.length > 0 && now - failures[0]! > PROBE_MEMORY_MS) failures.shift();
    const known = failures.length === 0 ? 0 : failures.findIndex((at) => at > now);
    const answeredAt = one.answeredAt <= now ? one.answeredAt : one.answeredBefore;
    return {
      zone: ZONES[zone]!,
      answeredAgoMs: Math.round(now - answeredAt),
      failure: failureOf(one, now),
      rttMs: Math.round(20 * wayMs[node]![zone]!) / 10,
      ended: Math.round((TARGETS * Math.min(PROBE_MEMORY_MS, now - startedAt)) / PROBE_EVERY_MS),
      failed: known < 0 ? failures.length : known,
    };
  };

  return {
    probe(now, conditions) {
      for (const zone of zones)
        for (let target = 0; target < TARGETS; target += 1) probeTarget(now, conditions, zone, target);
    },
    stoodStill(gapMs) {
      const notCounted = Math.max(0, gapMs - 2 * PROBE_EVERY_MS);
      for (const one of seen) {
        one.answeredAt += notCounted;
        one.answeredBefore += notCounted;
      }
    },
    report: (now) => zones.map((zone) => toProbe(zone, now)),
  };
}

/** The failure of the newest finished probe of every target, when none answered. */
function failureOf({ failedFrom, refused }: Seen, now: number): ProbeFailure | null {
  for (const from of failedFrom) if (from > now) return null;
  return refused ? 'refused' : 'timeout';
}
