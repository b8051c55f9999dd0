/** A chaos run of a few minutes: real processes, faults from a seed, clients, and the checker's verdict. `npm run chaos` runs longer ones. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { plain } from '../src/cli/screens/paint.ts';
import { silent } from '../src/local/progress.ts';
import { planRound, plantedRound, type RoundPlan } from './chaos/faults/plan.ts';
import { roundLine, summaryScreen, violationsScreen } from './chaos/report/screen.ts';
import { type Ground, prepareGround } from './chaos/run/ground.ts';
import { runRounds } from './chaos/run/run.ts';

/** Every run of the tests plays the same faults; their moments within the machine's work differ all the same. */
const SEED = 1;
const MINUTES = 5;
const LIMIT_MS = (MINUTES + 5) * 60_000;

let ground: Ground;

beforeAll(async () => {
  ground = await prepareGround({
    seed: SEED,
    clients: 6,
    everyMs: 250,
    name: `test-chaos-${process.pid}`,
    historyFile: join(tmpdir(), `holdfast-chaos-test-${process.pid}.ndjson`),
    progress: silent,
    temporary: true,
  });
}, LIMIT_MS);

afterAll(async () => {
  await ground?.stop();
});

it(
  'faults at random, also two at a time: nothing acknowledged is lost, undone or done twice, no two copies acknowledge, and each round ends protected (I1, I2, I4, I9, I11)',
  async () => {
    const { rounds, violations, failed } = await runRounds(ground, plans(), MINUTES * 60_000, (round) => {
      console.error(roundLine(round, plain));
    });
    console.error(summaryScreen(rounds, ground.operations, plain));
    if (violations.length > 0) console.error(violationsScreen(violations, ground.history.file, plain));
    expect(failed).toBeNull();
    expect(violations).toEqual([]);
    // A run that tried nothing proves nothing.
    expect(rounds.length).toBeGreaterThan(4);
    expect(ground.operations.filter(({ outcome }) => outcome === 'ok').length).toBeGreaterThan(500);
    expect(rounds.reduce((sum, round) => sum + round.moves, 0)).toBeGreaterThan(1);
  },
  LIMIT_MS,
);

it(
  'a live database that is made to acknowledge alone, and is lost: the checker finds what that cost',
  async () => {
    const { violations, failed } = await runRounds(ground, [plantedRound('leak')], LIMIT_MS, () => {});
    // It has to have found back: without a copy to read, what was lost is not seen.
    expect(failed).toBe('round 1 broke a promise');
    expect(violations.map(({ promise }) => promise)).toContain('lost');
  },
  LIMIT_MS,
);

function* plans(): Iterable<RoundPlan> {
  for (let round = 1; ; round++) yield planRound(SEED, round);
}
