/**
 * Bugs that can be switched on in what is real code, by changing what that code sees or gives: each function hands on untouched
 * what it was given unless its bug is on. Nothing of it exists in src/. Bugs of what is played here stand where it is played.
 */
import type { ControllerLoop } from '../../src/controller/loop.ts';
import type { StoreState } from '../../src/controller/world.ts';
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

/** `trust-one-observer`, `clock-compared`, `promote-without-in-sync`: what a controller hears is made to say something else. */
export function buggyHearing(world: World, zone: ZoneId, loop: ControllerLoop): Hear {
  const hear: Hear = (report) => loop.hear(report);
  if (world.bug('trust-one-observer')) return trustOne(hear);
  if (world.bug('clock-compared')) return compareClocks(world, zone, hear);
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

/** `promote-without-in-sync`: while the live zone is dark, any standby passes for one in sync. */
export function buggyState(world: World, view: View, findings: () => Finding[]): StoreState {
  if (!world.bug('promote-without-in-sync')) return view;
  return {
    get sites() {
      return view.sites;
    },
    get placements() {
      const dark = new Set(findings().flatMap(({ code, zone }) => (code === 'zone-dark' ? zone : [])));
      const passes = (placement: Placement) =>
        placement.standby !== null && phaseOf(placement) === 'growing' && dark.has(placement.live);
      return new Map(
        [...view.placements].map(([site, placement]) => [
          site,
          passes(placement) ? { ...placement, inSync: true } : placement,
        ]),
      );
    },
  };
}

type Committer = Pick<Store, 'commit'>;

/** Bugs in what is committed: changes are dropped, added, or written whatever they were decided on. */
export function buggyStore(world: World, store: Committer, view: View, verdicts: () => SiteVerdict[]): Committer {
  const dropped = (change: PlacementChange) => isDropped(world, change, view);
  return {
    async commit(changes) {
      const kept = changes.filter((change) => !dropped(change));
      const added = world.bug('zone-moves-for-one-site') ? neighbours(kept, view, verdicts()) : [];
      const outcomes = kept.length + added.length > 0 ? await store.commit([...kept, ...added]) : [];
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
    promotion: { epoch: placement.epoch + 1, from: placement.live, position: null },
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
