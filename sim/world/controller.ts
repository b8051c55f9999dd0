/** A controller in its zone: the real loop and recorder; what it decides, finds and refuses is written into the trace. */
import { type ControllerLoop, createLoop, TICK_MS } from '../../src/controller/loop.ts';
import { createRecorder } from '../../src/controller/recorder.ts';
import type { SiteVerdict } from '../../src/decide/index.ts';
import { type Finding, type Placement, type Report, subjectOf, type ZoneId } from '../../src/model/index.ts';
import { newIncidentId, parseIncidentId } from '../../src/store/keys.ts';
import type { CommitOutcome, PlacementChange, Snapshot, Store } from '../../src/store/store.ts';
import { openView } from '../../src/store/view.ts';
import { buggyClock, buggyHearing, buggyState, buggyStore, buggyVerdicts } from './bugs.ts';
import { type Answer, type Asking, type Counter, createCounter } from './desk.ts';
import { isCommitStep, type StepName } from './faults.ts';
import type { Process } from './process.ts';
import { crash, keepRegistering, keepView, keptOf, storeOf } from './program.ts';
import { silentLog, type World } from './world.ts';

const RECORD_MS = 250;

export interface ControllerSeat {
  boot(): void;
  /** A report has arrived at its listener. */
  hear(report: Report, listener: Process): void;
  /** A person asks; null: nobody answers. */
  ask(asking: Asking): Promise<Answer> | null;
}

/** Everything a controller decided and asked the store for, until the store has taken it or refused. */
export interface CommitAsked {
  by: string;
  because: Finding | null;
  decidedAt: number;
  /** Codes of the entries that go into the incident with it. */
  codes: string[];
  /** Where it was asked for. */
  zone: ZoneId;
}

export function createController(world: World, zone: ZoneId, asked: Map<object, CommitAsked>): ControllerSeat {
  const seat = world.seats.of('controller', zone);
  let kept: Snapshot | null = null;
  let loop: ControllerLoop | null = null;
  let hearing: ((report: Report) => void) | null = null;
  let desk: Counter | null = null;

  const start = (process: Process) => {
    const { clock } = process;
    const by = `controller:${zone}`;
    const store = storeOf(world, process);
    const log = silentLog(({ stalledMs }) => {
      if (typeof stalledMs === 'number') world.happened({ kind: 'forgot', by, stalledMs });
    });
    const view = openView({ store: keptOf(store, kept), clock, cacheFile: null, log });
    keepView(process, view, (snapshot) => {
      kept = snapshot;
    });
    const mine = createLoop({
      zone,
      clock: buggyClock(world, process),
      log,
      store: buggyStore(
        world,
        committing(world, store, { zone, by }, () => mine, asked),
        view,
        () => mine.verdicts(),
      ),
      state: buggyState(world, view, () => mine.findings()),
      settings: { falseAlarmsPerYear: 0.1 },
      naming: newIncidentId,
    });
    loop = mine;
    desk = createCounter({
      store: {
        ...store,
        commit: committing(world, store, { zone, by: 'person' }, () => null, asked).commit,
      },
      clock,
      look: mine.look,
      findings: mine.findings,
      naming: newIncidentId,
      state: view,
    });
    hearing = buggyHearing(world, zone, mine);
    const recorder = createRecorder({
      zone,
      clock,
      log,
      store: recording(world, store),
      openedAt: (id) => parseIncidentId(id)?.openedAt ?? 0,
    });
    const note = createNotes(world, by);
    clock.every(TICK_MS, () => {
      mine.tick().catch((error: Error) => crash(world, error));
      note(mine.findings(), mine.verdicts());
    });
    clock.every(RECORD_MS, () => {
      const verdicts = buggyVerdicts(world, mine.verdicts());
      if (view.placements.size > 0) return recorder.record(view.placements.values(), mine.window(), verdicts);
    });
    keepRegistering(world, process, () => store.registerZone(zone, { controller: `${zone}:controller` }));
    process.onEnd(() => {
      if (loop === mine) loop = hearing = desk = null;
    });
  };

  seat.boot = () => {
    const process = world.seats.spawn(seat);
    if (process !== null) start(process);
  };
  return {
    boot: seat.boot,
    hear: (report, listener) => {
      const hear = hearing;
      if (hear !== null && seat.process === listener) listener.deliver(() => hear(report));
    },
    ask: (asking) => (seat.process?.state() === 'running' ? (desk?.(asking) ?? null) : null),
  };
}

/** Notes who asked for a commit and why, and lets faults happen around it. */
function committing(
  world: World,
  store: Store,
  { zone, by }: { zone: ZoneId; by: string },
  loop: () => ControllerLoop | null,
  asked: Map<object, CommitAsked>,
): Pick<Store, 'commit'> {
  const step = (phase: 'before' | 'after', { next }: PlacementChange) => {
    for (const name of stepsOf(next)) world.step({ step: name, phase, zone, site: next.site });
  };
  return {
    async commit(changes: PlacementChange[]) {
      for (const change of changes) {
        const { next, incident } = change;
        const because = loop()
          ?.verdicts()
          .find(({ decision }) => decision?.next.site === next.site)?.decision?.because;
        asked.set(next, {
          by,
          because: because ?? null,
          decidedAt: world.engine.now(),
          codes: incident?.entries.map(({ code }) => code) ?? [],
          zone,
        });
        step('before', change);
      }
      const outcomes = await (world.bug('no-compare-and-set') ? overwrite(world, changes) : store.commit(changes));
      for (const change of changes) step('after', change);
      return outcomes;
    },
  };
}

/** A commit can be waited for as any, and by what it decides. */
export function stepsOf({ decision }: Placement): StepName[] {
  return isCommitStep(decision) ? ['commit', decision] : ['commit'];
}

/** The bug `no-compare-and-set`: whatever a change was decided on, it is written. */
async function overwrite({ store, engine }: World, changes: PlacementChange[]): Promise<CommitOutcome[]> {
  const { cluster } = store;
  await new Promise<void>((resolve) => {
    engine.after(3, () => {
      engine.stir();
      resolve();
    });
  });
  for (const { next } of changes) {
    cluster.placements.set(next.site, next);
    cluster.tell({ kind: 'placements', item: next });
  }
  return changes.map(() => ({ outcome: 'committed' }));
}

function recording(world: World, store: Store): Pick<Store, 'appendToIncident'> {
  return {
    async appendToIncident(id, key, entries) {
      const appended = await store.appendToIncident(id, key, entries);
      if (appended) world.happened({ kind: 'incident', id, key, codes: entries.map(({ code }) => code) });
      return appended;
    },
  };
}

/** Writes what a turn found or refused, and the turn before did not. */
function createNotes(world: World, by: string) {
  let found = new Set<string>();
  let refused = new Map<
    string,
    { site: string; code: SiteVerdict['refusals'][number]['refusal']['code']; epoch: number }
  >();
  return (findings: Finding[], verdicts: SiteVerdict[]): void => {
    if (findings.length > 0 || found.size > 0) {
      for (const finding of findings)
        if (!found.has(subjectOf(finding))) world.happened({ kind: 'finding', by, finding });
      found = new Set(findings.map(subjectOf));
    }
    if (refused.size === 0 && verdicts.every(({ refusals }) => refusals.length === 0)) return;
    const now: typeof refused = new Map();
    for (const { placement, refusals } of verdicts) {
      for (const { refusal, because } of refusals) {
        const { epoch } = placement;
        const key = `${refusal.site} ${refusal.code} ${epoch}`;
        now.set(key, { site: refusal.site, code: refusal.code, epoch });
        if (!refused.has(key)) world.happened({ kind: 'refusal', by, refusal, because, epoch });
      }
    }
    for (const [key, one] of refused) if (!now.has(key)) world.happened({ kind: 'refusal-over', by, ...one });
    refused = now;
  };
}
