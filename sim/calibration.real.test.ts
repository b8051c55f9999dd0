/** The same few scenarios with real processes and simulated: the same decisions in the same order, the same end, the same nothing lost. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAULT_VERBS } from '../src/drill/faults.ts';
import type { Fault as DrillFault } from '../src/drill/judge.ts';
import { type DrillOutcome, type Ground, runDrill } from '../src/drill/run.ts';
import { DRILL_SITES } from '../src/drill/sites.ts';
import { untilTakenIn } from '../src/drill/taken-in.ts';
import { type Platform, startPlatform } from '../src/local/platform.ts';
import { silent } from '../src/local/progress.ts';
import { type Placement, phaseOf } from '../src/model/index.ts';
import { systemClock } from '../src/platform/clock.ts';
import { createLog } from '../src/platform/log.ts';
import { openEtcdStore } from '../src/store/etcd.ts';
import type { Store } from '../src/store/store.ts';
import { commitsOf, eventsOf } from './checkers/history.ts';
import { check } from './checkers/index.ts';
import type { Fault } from './world/faults.ts';
import { simulate } from './world/index.ts';

const SITE = DRILL_SITES.guestbook!;
const RATES = { gets: 50, writes: 20 };
const FAULT_AT = 10_000;
/** What is closed or taken in beside the main line has no fixed place in it. */
const BESIDE = ['open-incident', 'close-incident', 'take-in-spare'];
/** The zone that comes back is taken in as it is, or asked for a copy: whichever controller is first. */
const THIRD_COPY = ['take-in-spare', 'add-spare'];

interface Scenario {
  fault: DrillFault;
  simulated: Fault;
  healAfterMs: number;
}

const SCENARIOS: Scenario[] = [
  { fault: 'kill', simulated: { verb: 'crash', target: { kind: 'zone', zone: 'a' } }, healAfterMs: 12_000 },
  { fault: 'freeze', simulated: { verb: 'pause', target: { kind: 'zone', zone: 'a' } }, healAfterMs: 6_000 },
  { fault: 'cut', simulated: { verb: 'cut', from: ['a'], to: '*', ways: 'both' }, healAfterMs: 6_000 },
  { fault: 'standby-kill', simulated: { verb: 'crash', target: { kind: 'zone', zone: 'b' } }, healAfterMs: 12_000 },
];

/** What the two are compared by. */
interface Outcome {
  /** Decisions since the fault, without those beside the main line. */
  decisions: string[];
  beside: boolean;
  thirdCopy: boolean;
  phase: string;
  copies: number;
  lost: number;
  twice: number;
  decidedMs: number;
  /** Longest time without an acknowledged write. */
  writeGapMs: number;
}

let platform: Platform;
let store: Store;
let ground: Ground;

beforeAll(async () => {
  platform = await startPlatform({ name: `test-calibration-${process.pid}`, siteFile: SITE.file, temporary: true });
  const log = createLog('test', {}, 'error');
  store = openEtcdStore({ endpoints: platform.instance.endpoints, clock: systemClock, log });
  ground = { instance: platform.instance, store, clock: systemClock, progress: silent };
});

afterAll(async () => {
  await store?.close();
  await platform?.stop();
});

describe('a fault really, and simulated', () => {
  it.each(SCENARIOS)('$fault', async (scenario) => {
    const real = await really(scenario);
    const simulated = await inSimulation(scenario);
    console.error(JSON.stringify({ fault: scenario.fault, real, simulated }));
    const { decidedMs: decidedReally, writeGapMs: gapReally, ...sameReally } = real;
    const { decidedMs, writeGapMs, ...same } = simulated;
    expect(same).toEqual(sameReally);
    expect(sameReally).toMatchObject({ lost: 0, twice: 0, phase: 'protected' });
    expectSameOrder(decidedMs, decidedReally);
    expectSameOrder(writeGapMs, gapReally);
  });
});

/** Within a factor of ten, either way: the machine may have other things to do. */
function expectSameOrder(simulatedMs: number, realMs: number): void {
  expect(simulatedMs).toBeGreaterThan(realMs / 10);
  expect(simulatedMs).toBeLessThan(realMs * 10);
}

async function really({ fault, healAfterMs }: Scenario): Promise<Outcome> {
  const seen: Placement[] = [];
  const note = (placement: Placement) => {
    if (placement.epoch > (seen.at(-1)?.epoch ?? 0)) seen.push(placement);
  };
  const nothing = () => {};
  const stop = store.watch({
    snapshot: ({ placements }) => placements.forEach(note),
    placement: note,
    site: nothing,
    zone: nothing,
    edge: nothing,
    fresh: nothing,
  });
  try {
    const options = { fault, site: SITE, healAfterMs, leaderInZone: false };
    const outcome = await runDrill(ground, { ...options, getsPerSecond: RATES.gets, writesPerSecond: RATES.writes });
    await FAULT_VERBS[fault].undo(platform.instance, outcome.zone, SITE.name);
    await untilTakenIn(ground, SITE.name, outcome.zone);
    return outcomeOf(seen.slice(1), outcome);
  } finally {
    stop();
  }
}

function outcomeOf(seen: Placement[], { result }: DrillOutcome): Outcome {
  return {
    ...endOf(seen),
    lost: result.ackedLost,
    twice: result.executedTwice,
    decidedMs: result.decidedMs!,
    writeGapMs: result.writeGapMs,
  };
}

/** A failover names its next standby, or, where the third copy was not ready in that very moment, a decision of its own does. */
function isMain(code: string, before: string[]): boolean {
  if (code === 'choose-standby') return !before.includes('failover');
  return !BESIDE.includes(code) && !THIRD_COPY.includes(code);
}

function endOf(seen: Placement[]) {
  const decisions = seen.map(({ decision }) => decision);
  const last = seen.at(-1)!;
  return {
    decisions: decisions.filter((code, at) => isMain(code, decisions.slice(0, at))),
    beside: decisions.filter((code) => BESIDE.includes(code)).length > 0,
    thirdCopy: decisions.some((code) => THIRD_COPY.includes(code)),
    phase: phaseOf(last),
    copies: 1 + (last.standby === null ? 0 : 1) + last.spares.length,
  };
}

async function inSimulation({ simulated, healAfterMs }: Scenario): Promise<Outcome> {
  const healAt = FAULT_AT + 60_000;
  const run = await simulate({
    seed: 1,
    sites: 1,
    edges: 1,
    zones: ['a', 'b', 'c'],
    durationMs: healAt,
    faults: [{ ...simulated, at: FAULT_AT, forMs: healAfterMs }],
    bugs: new Set(),
    clients: { readsPerSecond: RATES.gets, writesPerSecond: RATES.writes },
    healAt,
    settleMs: 25_000,
  });
  expect(check(run)).toEqual([]);
  const commits = commitsOf(run, 'site-1').filter(({ at }) => at > FAULT_AT);
  const answer = commits.find(({ placement }) => ['failover', 'give-up-standby'].includes(placement.decision))!;
  const acked = eventsOf(run, 'write-acked').map(({ at }) => at);
  const held = new Set(eventsOf(run, 'end')[0]!.holds[commits.at(-1)!.placement.live]);
  const executed = new Map(eventsOf(run, 'write-executed').map(({ write, gtid }) => [`${write} ${gtid}`, write]));
  return {
    ...endOf(commits.map(({ placement }) => placement)),
    lost: eventsOf(run, 'write-acked').filter(({ write }) => !held.has(write)).length,
    twice: executed.size - new Set(executed.values()).size,
    decidedMs: Math.round(answer.at - FAULT_AT),
    writeGapMs: Math.round(Math.max(...acked.map((at, index) => (at < FAULT_AT ? 0 : at - (acked[index - 1] ?? at))))),
  };
}
