/** Rounds one after the other until the time is over or a promise is broken. */
import type { Violation } from '../check/violation.ts';
import type { RoundPlan } from '../faults/plan.ts';
import { now } from '../history/types.ts';
import type { Ground } from './ground.ts';
import { type RoundResult, runRound } from './round.ts';

export interface RunResult {
  rounds: RoundResult[];
  violations: Violation[];
  /** Why it ended before its time, or null. */
  failed: string | null;
}

const MOST_INCIDENTS = 1_000;

/** `plans` may go on for ever; no round begins after `untilMs` from now. */
export async function runRounds(
  ground: Ground,
  plans: Iterable<RoundPlan>,
  untilMs: number,
  onRound: (result: RoundResult) => void,
): Promise<RunResult> {
  const end = now() + untilMs;
  const rounds: RoundResult[] = [];
  const result = (failed: string | null): RunResult => {
    const last = rounds.at(-1);
    if (last) ground.history.write(...last.states);
    return { rounds, violations: last?.judged.violations ?? [], failed };
  };
  // An earlier run that was broken off has left them resting.
  ground.clients.resume();
  try {
    for (const plan of plans) {
      if (now() > end) return result(null);
      const round = await runRound(ground, plan);
      rounds.push(round);
      onRound(round);
      if (round.stuck !== null) return result(`round ${plan.round} has not converged: ${round.stuck}`);
      if (round.judged.violations.length > 0) return result(`round ${plan.round} broke a promise`);
    }
    return result(null);
  } finally {
    const incidents = await ground.store.incidents(MOST_INCIDENTS).catch(() => []);
    for (const incident of incidents) ground.history.write({ type: 'incident', incident });
    ground.history.flush();
  }
}
