/** The runner's own promises: what it takes on its command line, what it prints, and that a broken seed is named. */
import { describe, expect, it } from 'vitest';
import { plain } from '../../src/cli/screens/paint.ts';
import { aFailover, aFault, aRun } from '../checkers/a-run.ts';
import { check } from '../checkers/index.ts';
import { planOf } from '../faults/plan.ts';
import { planWords } from '../faults/words.ts';
import { parseSimOptions, seedsOf } from './options.ts';
import { addResult, emptySummary, finish, resultScreen } from './result.ts';
import { crashed, judge } from './seed.ts';
import { timeLine } from './time-line.ts';

describe('the command line', () => {
  it.each([
    [[], { first: 1, last: 1_000 }],
    [['--seeds', '417'], { first: 417, last: 417 }],
    [['--seeds', '5..7'], { first: 5, last: 7 }],
    [['--years', '100'], undefined],
  ])('%j', (argv, seeds) => {
    expect(parseSimOptions(argv).seeds).toEqual(seeds);
  });

  it('counts a range from end to end', () => {
    expect([...seedsOf({ first: 5, last: 7 })]).toEqual([5, 6, 7]);
  });
});

describe('plans', () => {
  it('are the same for the same seed, and others for others', () => {
    expect(planWords(planOf(7))).toEqual(planWords(planOf(7)));
    expect(planWords(planOf(7))).not.toEqual(planWords(planOf(8)));
  });

  it('leave time before the first fault and end all of them by their healing', () => {
    for (const seed of seedsOf({ first: 1, last: 300 })) {
      const { faults, people = [], healAt } = planOf(seed);
      for (const { at } of people) expect(at >= 8_000 && at < healAt + 10_000).toBe(true);
      for (const { at, forMs } of faults) {
        expect(typeof at === 'number' ? at : at.after).toBeGreaterThanOrEqual(8_000);
        expect(typeof at === 'number' ? at : at.after).toBeLessThan(healAt);
        expect(forMs).toBeGreaterThan(0);
      }
    }
  });

  it('have every wish of people among a few hundred', () => {
    const seeds = [...seedsOf({ first: 1, last: 300 })];
    const wants = new Set(seeds.flatMap((seed) => (planOf(seed).people ?? []).map(({ want }) => want)));
    expect([...wants].sort()).toEqual(['accept-loss', 'approve', 'call-off', 'evacuate', 'move', 'plan', 'return']);
  });

  it('have every kind of fault among a few hundred', () => {
    const verbs = new Set(
      [...seedsOf({ first: 1, last: 300 })].flatMap((seed) => planOf(seed).faults.map(({ verb }) => verb)),
    );
    expect(verbs.size).toBe(14);
  });
});

describe('what is printed', () => {
  const broken = aRun(
    [...aFault(0, 38_000, 60_000, { verb: 'pause', target: { kind: 'edge', edge: 'edge-1' } }), ...aFailover(40_000)],
    {
      holds: { b: [1], c: [1] },
    },
  );

  it('a failing seed is named with the command that replays it', () => {
    const sum = emptySummary();
    addResult(sum, { ...judge(broken), seed: 417 }, ['no-fence']);
    addResult(sum, crashed(12, 'not done after 30 s'), ['no-fence']);
    finish(sum, 100);
    const screen = resultScreen(sum, plain);
    expect(screen).toContain('2 of 2 seeds failed.');
    expect(screen).toContain('seed 12  crashed: not done after 30 s');
    expect(screen).toContain('seed 417  I6, I1: site-1 left zone a');
    expect(screen).toContain('npm run sim -- --seeds 417 --trace --bug no-fence');
    expect(screen).toContain('zone-dark 1');
    expect(sum.seedsPerSecond).toBe(20);
  });

  it('all well is said in one sentence', () => {
    const sum = emptySummary();
    addResult(sum, judge(aRun([])), []);
    finish(sum, 100);
    expect(resultScreen(sum, plain)).toContain('Nothing was broken, and everything came to rest.');
  });

  it('a time line tells faults, commits and breaches in their order', () => {
    const lines = timeLine(broken, check(broken), 160, plain).split('\n');
    const kinds = lines.map((line) => line.slice(14, 24).trim()).filter((kind) => kind !== '');
    expect(kinds).toEqual([
      'commit',
      'database',
      'fault',
      'commit',
      'BROKEN',
      'database',
      'database',
      'commit',
      'healed',
      'calm',
      'end',
      'BROKEN',
    ]);
    expect(lines[2]).toContain('the process beside edge-1 stands still');
    expect(lines.every((line) => line.length <= 160)).toBe(true);
  });
});
