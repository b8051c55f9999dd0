/** A recording replayed gives what the controller found and decided when it was made; and the counterfactual is told as one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aCopy,
  anAgentReport,
  anEdgeReport,
  aPlacement,
  aProbe,
  aSpec,
  aTraffic,
  liveDatabase,
  standbyDatabase,
} from '../../test/support/fixtures.ts';
import { namedPolicies } from '../cli/commands/replay.ts';
import { createLoop, TICK_MS } from '../controller/loop.ts';
import { createRecording } from '../controller/recording.ts';
import { findingSentence, usualOf } from '../detect/index.ts';
import { DEFAULT_POLICY, PATIENCE, type Report } from '../model/index.ts';
import { createLog } from '../platform/log.ts';
import { createManualClock } from '../platform/manual-clock.ts';
import { createChanges } from '../record/observations/changes.ts';
import type { TurnLine } from '../record/observations/lines.ts';
import { newIncidentId } from '../store/keys.ts';
import { type PlacementChange, StoreUnavailable } from '../store/store.ts';
import type { ReplayResult } from './result.ts';
import { replay } from './run.ts';

const SETTINGS = { falseAlarmsPerYear: 0.1 };
const LIMITS = { waitingBytes: 1e9, mostBytes: 1e9, mostMs: 1e9 };

const PHASES = [
  'quiet',
  'a-silent',
  'a-errs',
  'a-errs-a-little',
  'database-down',
  'observer-sick',
  'store-away',
  'pause',
] as const;
type Phase = (typeof PHASES)[number];
type Scenario = { phase: Phase; ms: number }[];

/** Runs a controller over both scenarios and records it from the second on. */
async function recorded(scenario: Scenario, patience = DEFAULT_POLICY.patience, before: Scenario = []) {
  const clock = createManualClock();
  const failover = { ...DEFAULT_POLICY, patience };
  const state = {
    placements: new Map([['shop', aPlacement()]]),
    claims: new Map(),
    sites: new Map([['shop', { spec: aSpec({ failover }), slot: 0 }]]),
  };
  const recording = createRecording({
    zone: 'c',
    clock,
    settings: SETTINGS,
    ...state,
    usual: () => usualOf(loop.memory()),
  });
  const changes = createChanges(findingSentence);
  const expected: TurnLine[] = [];
  let away = false;
  let startedAt = 0;
  const commit = async (wanted: PlacementChange[]) => {
    await Promise.resolve();
    if (away) throw new StoreUnavailable('switched off');
    return wanted.map(({ expected: epoch, next }) => {
      if (state.placements.get('shop')!.epoch !== epoch) return { outcome: 'beaten' as const };
      state.placements.set('shop', next);
      recording.changed(['shop']);
      return { outcome: 'committed' as const };
    });
  };
  const loop = createLoop({
    zone: 'c',
    clock,
    log: createLog('controller', { zone: 'c' }, 'silent'),
    store: { commit },
    state,
    settings: SETTINGS,
    naming: newIncidentId,
    watcher: {
      ...recording,
      turned(turn, now, wall) {
        recording.turned(turn, now, wall);
        for (const change of changes.of(turn, now)) expected.push({ at: now - startedAt, ...change } as TurnLine);
      },
    },
  });
  recording.changed(['shop']);
  let text = '';
  const write = async (piece: string) => {
    text += piece;
  };
  const sink = { write, close: async () => {}, abort: () => {} };
  let sequence = 0;
  const pass = async ({ phase, ms }: Scenario[number]) => {
    away = phase === 'store-away';
    if (phase === 'pause') clock.stall(ms);
    else
      for (let passed = 0; passed < ms; passed += TICK_MS) {
        clock.stall(TICK_MS);
        sequence += 1;
        const { epoch } = state.placements.get('shop')!;
        for (const report of REPORTS[phase](epoch, passed)) loop.hear({ ...report, sequence });
        await loop.tick();
      }
  };
  for (const phase of before) await pass(phase);
  expect(expected).toEqual([]);
  startedAt = clock.mono();
  const stretch = recording.fromNow({ sink, limits: LIMITS, onTrouble: expect.fail });
  for (const phase of scenario) await pass(phase);
  stretch.end('over');
  await stretch.done;
  return { text, expected };
}

const liveCopy = (epoch: number, database = liveDatabase()) => aCopy({ epoch, settled: 'live', database });
const standbyCopy = (epoch: number, heardAgoMs = 20) =>
  aCopy({ epoch, settled: 'standby', database: standbyDatabase({ heardAgoMs }) });

function quiet(epoch: number): Report[] {
  return [
    anAgentReport('a', { copies: [liveCopy(epoch)] }),
    anAgentReport('b', { copies: [standbyCopy(epoch)] }),
    anAgentReport('c'),
    anEdgeReport({ traffic: [aTraffic()] }),
  ];
}

const REPORTS: Record<Exclude<Phase, 'pause'>, (epoch: number, passed: number) => Report[]> = {
  quiet,
  'store-away': (epoch, passed) => REPORTS['a-silent'](epoch, passed),
  'a-silent': (epoch, passed) => {
    const dark = aProbe('a', { answeredAgoMs: 40 + passed, failure: 'timeout' });
    return [
      anAgentReport('b', { copies: [standbyCopy(epoch, 20 + passed)], probes: [dark, aProbe('c')] }),
      anAgentReport('c', { probes: [dark, aProbe('b')] }),
      anEdgeReport({ probes: [dark, aProbe('b'), aProbe('c')] }),
    ];
  },
  'a-errs': (epoch) => [
    ...quiet(epoch).slice(0, 3),
    anEdgeReport({ traffic: [aTraffic({ answered: 2, serverErrors: 8 })] }),
  ],
  'a-errs-a-little': (epoch) => [
    ...quiet(epoch).slice(0, 3),
    anEdgeReport({
      traffic: [aTraffic({ answered: 9, serverErrors: 1 }), aTraffic({ zone: 'b', attempts: 1, answered: 1 })],
    }),
  ],
  'database-down': (epoch, passed) => [
    anAgentReport('a', { copies: [liveCopy(epoch, liveDatabase({ state: 'down', stateForMs: passed }))] }),
    anAgentReport('b', { copies: [aCopy({ epoch, database: standbyDatabase({ ioRunning: false }) })] }),
    anAgentReport('c'),
    anEdgeReport({ traffic: [aTraffic({ answered: 0, serverErrors: 10, answeredAgoMs: passed })] }),
  ],
  'observer-sick': (epoch) => [
    ...quiet(epoch).slice(0, 3),
    anEdgeReport({ probes: ['a', 'b', 'c'].map((zone) => aProbe(zone, { answeredAgoMs: 5_000, failure: 'timeout' })) }),
  ],
};

const replayed = (text: string, policies = namedPolicies()): Promise<ReplayResult> =>
  replay(
    'test.ndjson',
    text
      .trimEnd()
      .split('\n')
      .map((line) => ({ text: line, whole: true })),
    policies,
  );
const found = ({ timeline }: ReplayResult) =>
  timeline.flatMap(({ sinceTroubleMs, ...entry }) =>
    ['placement', 'stall', 'not-committed', 'end'].includes(entry.kind) ? [] : [entry],
  );
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
const moveOf = (result: ReplayResult, name: string) =>
  result.policies.find((policy) => policy.name === name)?.sites[0]?.move ?? null;

const DARK: Scenario = [
  { phase: 'quiet', ms: 1_000 },
  { phase: 'a-silent', ms: 8_000 },
];

describe('a replay', () => {
  it('of any recording gives the findings, decisions and refusals that the controller had', async () => {
    const scenarios = fc.array(
      fc.record({ phase: fc.constantFrom(...PHASES), ms: fc.integer({ min: 50, max: 4_000 }) }),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    await fc.assert(
      fc.asyncProperty(scenarios, fc.constantFrom(...Object.values(PATIENCE)), async (scenario, patience) => {
        const { text, expected } = await recorded([{ phase: 'quiet', ms: 500 }, ...scenario], patience);
        const result = await replayed(text, []);
        expect(found(result)).toEqual(plain(expected));
        expect(result.compared?.differences ?? []).toEqual([]);
      }),
      { numRuns: 40, seed: 3 },
    );
  });

  it('of a stretch that begins in the middle knows what the detector had learnt before', async () => {
    const trouble: Scenario = [
      { phase: 'quiet', ms: 1_000 },
      { phase: 'a-errs-a-little', ms: 16_000 },
    ];
    const { text, expected } = await recorded(trouble, DEFAULT_POLICY.patience, [{ phase: 'quiet', ms: 100_000 }]);
    const result = await replayed(text, []);
    expect(expected.map(({ kind }) => kind)).toContain('finding');
    expect(found(result)).toEqual(plain(expected));
    const ignorant = text.replace(/.*"kind":"usual".*\n/, '');
    expect(ignorant).not.toBe(text);
    expect(found(await replayed(ignorant, []))).not.toEqual(plain(expected));
  });

  it('gives the same answer every time', async () => {
    const { text } = await recorded(DARK);
    expect(await replayed(text)).toEqual(await replayed(text));
  });

  it('finds something in those recordings: a dark zone is left, after the site’s own patience', async () => {
    const result = await replayed((await recorded(DARK)).text);
    expect(result.moves[0]!.move).toMatchObject({ to: 'b', because: 'zone-dark:a' });
    expect(result.compared!.same).toBeGreaterThan(1);
    const after = ['eager', 'normal', 'careful'].map((name) => moveOf(result, name)!.afterMs!);
    expect(after.map((ms) => Math.round(ms / 100))).toEqual([4, 6, 50]);
  });

  it('calls a later move than the recorded one a guess, and no earlier one', async () => {
    const result = await replayed((await recorded(DARK)).text);
    expect(['eager', 'normal', 'careful'].map((name) => moveOf(result, name)!.counterfactual)).toEqual([
      false,
      false,
      true,
    ]);
    const careful = result.policies.find(({ name }) => name === 'careful')!.sites[0]!;
    expect(careful.recordedMove).toEqual({ at: result.moves[0]!.move!.at, to: 'b' });
  });

  it('a trouble that ended before the patience did moves nothing, and is told as waited for', async () => {
    const { text } = await recorded(
      [
        { phase: 'quiet', ms: 1_000 },
        { phase: 'a-silent', ms: 1_500 },
        { phase: 'quiet', ms: 3_000 },
      ],
      PATIENCE.careful,
    );
    const result = await replayed(text);
    expect(result.moves[0]?.move ?? null).toBeNull();
    expect(result.policies.find(({ name }) => name === 'careful')!.findings).toEqual([]);
    expect([moveOf(result, 'eager')?.to, moveOf(result, 'normal')?.to, moveOf(result, 'careful')]).toEqual([
      'b',
      'b',
      null,
    ]);
  });

  it('tells when this version decides otherwise than was recorded', async () => {
    const { text } = await recorded(DARK);
    const moved = text.replace(
      '"kind":"decision","site":"shop","code":"failover"',
      '"kind":"decision","site":"shop","code":"switchover"',
    );
    const { differences } = (await replayed(moved)).compared!;
    expect(differences.map(({ code, recordedAt, nowAt }) => [code, recordedAt === null, nowAt === null])).toEqual([
      ['switchover', false, true],
      ['failover', true, false],
    ]);
  });

  it('leaves out a last line that was cut off, and says so', async () => {
    const lines = (await recorded(DARK)).text.trimEnd().split('\n');
    const cut = [
      ...lines.slice(0, -1).map((text) => ({ text, whole: true })),
      { text: '{"at":9000,"ki', whole: false },
    ];
    expect((await replay('test.ndjson', cut, [])).recorded).toMatchObject({ cutOff: true });
  });

  it('answers nothing of a file with a wrong line', async () => {
    const lines = (await recorded(DARK)).text.trimEnd().split('\n');
    lines[40] = '{"at":"soon","kind":"turn"}';
    await expect(replayed(lines.join('\n'))).rejects.toMatchObject({
      code: 'observations-wrong',
      problems: [{ line: 41, path: 'at' }],
    });
  });
});
