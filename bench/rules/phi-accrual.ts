/**
 * The φ accrual failure detector (Hayashibara, Défago, Yared, Katayama, 2004) with a threshold of 8: φ = −log10 of the
 * probability that a heartbeat comes even later, taking the intervals between them as normally distributed. The details are
 * those of Akka's implementation, whose documentation gives max-sample-size 1000 (cluster), min-std-deviation 100 ms and
 * acceptable-heartbeat-pause 3 s (added to the mean); the paper itself knows no such pause.
 */
import { normalBelow } from '../../sim/ordinary/latency.ts';
import type { Rule } from './rule.ts';

export interface PhiOptions {
  threshold?: number;
  acceptablePauseMs: number;
}

const SAMPLES = 1_000;
const LEAST_DEVIATION_MS = 100;
const HEARTBEAT_MS = 100;
const TURN_MS = 50;

export function phiAccrual({ threshold = 8, acceptablePauseMs }: PhiOptions): Rule {
  return {
    name: `phi ${threshold}${acceptablePauseMs > 0 ? `, pause of ${acceptablePauseMs / 1_000} s accepted` : ''}`,
    settings: `heartbeats every ${HEARTBEAT_MS} ms, min-std-deviation ${LEAST_DEVIATION_MS} ms, acceptable-heartbeat-pause ${acceptablePauseMs} ms`,
    scope: 'zone-at-controller',
    check: null,
    turnEveryMs: TURN_MS,
    create: (start) => {
      const histories = [0, 1, 2].map(() => createHistory(start));
      return {
        heartbeat(at, server) {
          histories[server]!.add(at);
        },
        turn(at) {
          const late = histories.findIndex((history) => history.phi(at, acceptablePauseMs) >= threshold);
          return late < 0 ? null : late;
        },
      };
    },
  };
}

function createHistory(start: number) {
  let last: number | null = null;
  // Akka begins with two made-up intervals around the expected one; a history of quiet minutes is what is there here.
  const intervals = Array<number>(SAMPLES).fill(HEARTBEAT_MS);
  let next = 0;
  let sum = SAMPLES * HEARTBEAT_MS;
  let squares = SAMPLES * HEARTBEAT_MS ** 2;
  return {
    add(at: number) {
      const interval = at - (last ?? at - HEARTBEAT_MS);
      last = at;
      const old = intervals[next]!;
      intervals[next] = interval;
      next = (next + 1) % SAMPLES;
      sum += interval - old;
      squares += interval ** 2 - old ** 2;
    },
    phi(at: number, pauseMs: number): number {
      const mean = sum / SAMPLES;
      const deviation = Math.max(LEAST_DEVIATION_MS, Math.sqrt(Math.max(0, squares / SAMPLES - mean ** 2)));
      const late = at - (last ?? start) - mean - pauseMs;
      const later = 1 - normalBelow(late / deviation);
      return later <= 0 ? Number.POSITIVE_INFINITY : -Math.log10(later);
    },
  };
}
