/**
 * Sequential test on visitors' failures: Page's CUSUM of the log-likelihood ratio between "fails at P1" and "fails at P0"
 * (E. S. Page, Continuous inspection schemes, Biometrika 41, 1954). The sum never falls below zero, so a long good past
 * does not hide a bad present.
 */
import type { TrafficSample } from './memory.ts';

/** Share of requests that fail on an ordinary day, and on a day on which moving is right. */
const P0 = 0.01;
const P1 = 0.2;
/** By Wald's bound a healthy stream starting at zero crosses ln(1e9) with a probability of at most one in 10^9. */
export const THRESHOLD = Math.log(1e9);
const PER_FAILURE = Math.log(P1 / P0);
const PER_ANSWER = Math.log((1 - P1) / (1 - P0));

export interface ErrorScore {
  /** In nats; at `THRESHOLD` the test has decided. */
  score: number;
  answered: number;
  failed: number;
}

/** The sum's value after the newest sample; the counts are those since it last left zero. */
export function errorScore(samples: TrafficSample[]): ErrorScore {
  let run: ErrorScore = { score: 0, answered: 0, failed: 0 };
  for (const { answered, failed } of samples) {
    const score = run.score + answered * PER_ANSWER + failed * PER_FAILURE;
    run =
      score <= 0
        ? { score: 0, answered: 0, failed: 0 }
        : { score, answered: run.answered + answered, failed: run.failed + failed };
  }
  return run;
}
