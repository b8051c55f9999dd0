/**
 * Bugs that can be switched on in what is real code, by changing what that code sees or gives: each function hands on untouched
 * what it was given unless its bug is on. Nothing of it exists in src/. Bugs of what is played here stand where it is played.
 */
import type { ControllerLoop, LoopOptions } from '../../src/controller/loop.ts';
import type { SiteVerdict } from '../../src/decide/index.ts';
import {
  type CopyReport,
  type Finding,
  type Placement,
  phaseOf,
  type Report,
  type ZoneId,
} from '../../src/model/index.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { CommitOutcome, PlacementChange, Store } from '../../src/store/store.ts';
import type { View } from '../../src/store/view.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** `decide-after-pause`: a clock on which no gap is ever seen, so that what was heard before a pause seems to be of now. */
export function buggyClock(world: World, { clock }: Process): Clock {
  if (!world.bug('decide-after-pause')) return clock;
  let seenAt = clock.mono();
  let skippedMs = 0;
  const mono = () => {
    const gapMs = clock.mono() - seenAt;
    seenAt += gapMs;
    if (gapMs > 200) skippedMs += gapMs - 50;
    return seenAt - skippedMs;
  };
  return { ...clock, mono };
}

type Hear = (report: Report) => void;

/** `trust-one-observer`, `clock-compared`, `promote-without-in-sync`, `close-unseen`: what a controller hears is made to say something else. */
export function buggyHearing(world: World, zone: ZoneId, loop: ControllerLoop): Hear {
  const hear: Hear = (report) => loop.hear(report);
  if (world.bug('trust-one-observer')) return trustOne(hear);
  if (world.bug('clock-compared')) return compareClocks(world, zone, hear);
  if (world.bug('switchover-before-idle')) return seemingIdle(world, hear);
  if (world.bug('close-unseen') && zone === 'c') return seeingNoErrors(hear);
  if (world.bug('promote-without-in-sync'))
    return (report) =>
      hear(withCopies(report, (copy) => ({ ...copy, database: { ...copy.database, state: 'running' } })));
  return hear;
}

/** What one observer found silent, everybody is made to find silent. */
function trustOne(hear: Hear): Hear {
  const silences = new Map<ZoneId, { by: string; ms: number }>();
  return (report) => {
    const by = report.kind === 'agent' ? report.zone : report.edge;
    for (const { zone, answeredAgoMs } of report.probes) {
      if (answeredAgoMs !== null && answeredAgoMs > 250) silences.set(zone, { by, ms: answeredAgoMs });
      else if (silences.get(zone)?.by === by) silences.delete(zone);
    }
    let told: Report | null = report;
    for (const [zone, { ms }] of silences) told = told === null ? null : silenced(told, zone, ms);
    if (told !== null) hear(told);
  };
}

/** Every edge seems to know of the hold, and nothing to be under way. */
function seemingIdle({ store }: World, hear: Hear): Hear {
  const newest = (site: string, epoch: number) => store.cluster.placements.get(site)?.epoch ?? epoch;
  return (report) => {
    if (report.kind === 'edge') {
      const routes = report.routes.map((one) => ({ ...one, epoch: newest(one.site, one.epoch), inFlight: 0 }));
      return hear({ ...report, routes });
    }
    hear(
      withCopies(report, (copy) => ({
        ...copy,
        database: { ...copy.database, transactions: { open: 0, oldestMs: 0 } },
      })),
    );
  };
}

/** No visitor seems to fare badly. */
function seeingNoErrors(hear: Hear): Hear {
  return (report) => {
    if (report.kind === 'agent') return hear(report);
    hear({ ...report, traffic: report.traffic.map((one) => ({ ...one, serverErrors: 0 })) });
  };
}

/** Every age is what one machine's wall clock says now, less what another's said then. */
function compareClocks(world: World, own: ZoneId, hear: Hear): Hear {
  const wall = (place: string) => world.timeOf(place).wall();
  return (report) => {
    const observer = report.kind === 'agent' ? report.zone : report.edge;
    if (wall(own) - wall(observer) > 1_000) return;
    let told: Report | null = report;
    for (const { zone, answeredAgoMs } of report.probes) {
      const skewMs = wall(observer) - wall(zone);
      if (skewMs > 1_000 && told !== null) told = silenced(told, zone, (answeredAgoMs ?? 0) + skewMs);
    }
    if (told !== null) hear(told);
  };
}

/** The report as if that zone had not been heard for so long; null: it is that zone's own. */
function silenced(report: Report, zone: ZoneId, ms: number): Report | null {
  if (report.kind === 'agent' && report.zone === zone) return null;
  const probes = report.probes.map((probe) =>
    probe.zone === zone ? { ...probe, answeredAgoMs: ms, failure: 'timeout' as const } : probe,
  );
  if (report.kind === 'edge') {
    const traffic = report.traffic.map((one) => (one.zone === zone ? { ...one, answered: 0, answeredAgoMs: ms } : one));
    return { ...report, probes, traffic };
  }
  return withCopies({ ...report, probes }, (copy) =>
    copy.database.follows === zone
      ? { ...copy, database: { ...copy.database, heardAgoMs: ms, ioRunning: false } }
      : copy,
  );
}

function withCopies(report: Report, change: (copy: CopyReport) => CopyReport): Report {
  return report.kind === 'edge' ? report : { ...report, copies: report.copies.map(change) };
}

type Seeing = (placement: Placement, isDark: (zone: ZoneId) => boolean) => Placement;

/** `promote-without-in-sync`, `switchover-before-idle`, `loss-accepted-unasked`, `take-back-too-late`: a controller takes the record for another one. */
export function buggyState(world: World, view: View, findings: () => Finding[]): LoopOptions['state'] {
  const see = seeingOf(world, view);
  if (see === null) return view;
  return {
    get sites() {
      return view.sites;
    },
    get claims() {
      return view.claims;
    },
    get service() {
      return view.service;
    },
    get placements() {
      const dark = new Set(findings().flatMap(({ code, zone }) => (code === 'zone-dark' ? zone : [])));
      const isDark = (zone: ZoneId) => dark.has(zone);
      return new Map([...view.placements].map(([site, placement]) => [site, see(placement, isDark)]));
    },
  };
}

function seeingOf(world: World, view: View): Seeing | null {
  if (world.bug('promote-without-in-sync')) return anyStandbyWillDo;
  if (world.bug('switchover-before-idle')) return seemingHeld;
  if (world.bug('loss-accepted-unasked')) return lossTakenForAccepted;
  return world.bug('take-back-too-late') ? takenForUnrecorded(view) : null;
}

/** While the live zone is dark, any standby passes for one in sync. */
const anyStandbyWillDo: Seeing = (placement, isDark) => {
  const passes = placement.standby !== null && phaseOf(placement) === 'growing' && isDark(placement.live);
  return passes ? { ...placement, inSync: true } : placement;
};

/** Whoever is to be moved seems to be held already. */
const seemingHeld: Seeing = (placement) => {
  const { order, inSync, standby } = placement;
  const passes = order !== null && inSync && standby === order.to;
  return passes ? { ...placement, order: { ...order, holding: true } } : placement;
};

/** While the live zone of an exposed site is dark, somebody seems to have said that another copy will do. */
const lossTakenForAccepted: Seeing = (placement, isDark) => {
  const phase = phaseOf(placement);
  const to = placement.standby ?? placement.spares[0];
  if ((phase !== 'growing' && phase !== 'single') || to === undefined || !isDark(placement.live)) return placement;
  const { committedAt: at } = placement;
  const order = {
    kind: 'accept-loss' as const,
    to,
    by: 'nobody',
    why: '',
    at,
    drainMs: 0,
    holding: false,
    attempts: 0,
  };
  return { ...placement, order };
};

/** What was live before is remembered, and the newly live copy's line seems not to be on record. */
function takenForUnrecorded(view: View): Seeing {
  const formers = new Map<string, NonNullable<Placement['former']>>();
  view.onChange((sites) => {
    for (const site of sites) {
      const former = view.placements.get(site)?.former ?? null;
      if (former !== null) formers.set(site, former);
    }
  });
  return (placement, isDark) => {
    const { site, inSync, live, promotion } = placement;
    const remembered = formers.get(site);
    if (remembered === undefined || inSync || !isDark(live)) return placement;
    return { ...placement, former: remembered, promotion: { ...promotion, position: null, open: false } };
  };
}

type Committer = Pick<Store, 'commit'>;

/** Bugs in what is committed: changes are dropped, added, or written whatever they were decided on. */
export function buggyStore(world: World, store: Committer, view: View, verdicts: () => SiteVerdict[]): Committer {
  const dropped = (change: PlacementChange) => isDropped(world, change, view);
  return {
    async commit(changes) {
      const unclaimed = world.bug('open-without-claim');
      const kept = changes.filter((change) => !dropped(change));
      const added = world.bug('zone-moves-for-one-site') ? neighbours(kept, view, verdicts()) : [];
      const wanted = [...kept, ...added].map((change) => (unclaimed ? { ...change, opens: undefined } : change));
      const outcomes = wanted.length > 0 ? await store.commit(wanted) : [];
      return changes.map((change): CommitOutcome => outcomes[kept.indexOf(change)] ?? { outcome: 'beaten' });
    },
  };
}

const LIMIT_MS = 600_000;

function isDropped(world: World, { next }: PlacementChange, view: View): boolean {
  const before = view.placements.get(next.site);
  const lately = before?.moves.some(({ at }) => next.committedAt - at < LIMIT_MS) ?? false;
  return (
    (next.decision === 'failover' && lately && world.bug('flap-limit-on-dead-zone')) ||
    (next.decision === 'choose-standby' && lately && world.bug('forget-standby-after-failover')) ||
    (next.decision === 'open-incident' && world.bug('silent-refusal'))
  );
}

/** `zone-moves-for-one-site`: when one site is moved for its own sake, all others of that zone go with it. */
function neighbours(changes: PlacementChange[], view: View, verdicts: SiteVerdict[]): PlacementChange[] {
  return changes.flatMap(({ next }) => {
    const because = verdicts.find(
      ({ decision }) => decision?.next === next || decision?.next.site === next.site,
    )?.decision;
    if (next.decision !== 'failover' || because?.because?.site !== next.site) return [];
    const from = view.placements.get(next.site)?.live;
    const others = [...view.placements.values()].filter(
      (one) => one.live === from && one.site !== next.site && phaseOf(one) === 'protected',
    );
    return others.map((one) => ({ expected: one.epoch, next: moved(one, next), incident: null }));
  });
}

function moved(placement: Placement, like: Placement): Placement {
  return {
    ...placement,
    epoch: placement.epoch + 1,
    live: placement.standby!,
    standby: null,
    inSync: false,
    promotion: { epoch: placement.epoch + 1, from: placement.live, position: null, open: false, acceptedLoss: null },
    decision: 'failover',
    committedAt: like.committedAt,
    incident: like.incident,
    moves: [...placement.moves, ...like.moves.slice(-1)],
  };
}

/** `silent-refusal`: the recorder never hears of them. */
export function buggyVerdicts(world: World, verdicts: SiteVerdict[]): SiteVerdict[] {
  return world.bug('silent-refusal') ? verdicts.map((verdict) => ({ ...verdict, refusals: [] })) : verdicts;
}
