/** A run's events put in order for the checkers: by kind, faults as stretches of time, a site's placements and phases. */
import { type Phase, type Placement, phaseOf, type SiteId, type ZoneId } from '../../src/model/index.ts';
import type { SimEvent, SimMs, SimRun } from '../trace.ts';
import type { Fault } from '../world/faults.ts';

export type EventOf<K extends SimEvent['kind']> = Extract<SimEvent, { kind: K }>;

export interface Breach {
  at: SimMs;
  breach: string;
}

/** One fault from its beginning to its end (the run's end, if nothing ended it). */
export interface FaultStretch {
  id: number;
  fault: Fault;
  from: SimMs;
  to: SimMs;
}

export interface PhaseStretch {
  phase: Phase;
  from: SimMs;
  to: SimMs;
  /** The newest placement of the stretch. */
  placement: Placement;
}

const grouped = new WeakMap<SimRun, Map<string, SimEvent[]>>();

/** All events of one kind, in the order in which they happened. */
export function eventsOf<K extends SimEvent['kind']>(run: SimRun, kind: K): EventOf<K>[] {
  let groups = grouped.get(run);
  if (groups === undefined) {
    groups = new Map();
    for (const event of run.events) {
      const group = groups.get(event.kind);
      if (group === undefined) groups.set(event.kind, [event]);
      else group.push(event);
    }
    grouped.set(run, groups);
  }
  return (groups.get(kind) ?? []) as EventOf<K>[];
}

export function faultsOf(run: SimRun): FaultStretch[] {
  const heals = eventsOf(run, 'heal');
  const calmAt = eventsOf(run, 'calm')[0]?.at ?? run.endedAt;
  return eventsOf(run, 'fault').map(({ id, fault, at }) => {
    const healed = heals.find((heal) => heal.id === id && heal.at >= at)?.at ?? calmAt;
    return { id, fault, from: at, to: Math.max(at, healed) };
  });
}

/** Those that were under way at any moment of [from, to]. */
export function during(faults: FaultStretch[], from: SimMs, to: SimMs): FaultStretch[] {
  return faults.filter((fault) => fault.from <= to && fault.to >= from);
}

export function sitesOf(run: SimRun): SiteId[] {
  return [...new Set(eventsOf(run, 'commit').map(({ placement }) => placement.site))];
}

export function commitsOf(run: SimRun, site: SiteId): EventOf<'commit'>[] {
  return eventsOf(run, 'commit').filter(({ placement }) => placement.site === site);
}

/** Commits that made another zone the live one. */
export function movesOf(run: SimRun): EventOf<'commit'>[] {
  return eventsOf(run, 'commit').filter(({ placement, before }) => before !== null && before.live !== placement.live);
}

/** The moves that answer a trouble, as opposed to planned ones. */
export function failoversOf(run: SimRun): EventOf<'commit'>[] {
  return movesOf(run).filter(({ placement }) => placement.decision === 'failover');
}

/** What the store said at that moment, after everything that happened in it. */
export function placementAt(commits: EventOf<'commit'>[], at: SimMs): Placement | null {
  let found: Placement | null = null;
  for (const commit of commits) {
    if (commit.at > at) break;
    found = commit.placement;
  }
  return found;
}

export function phasesOf(run: SimRun, commits: EventOf<'commit'>[]): PhaseStretch[] {
  const stretches: PhaseStretch[] = [];
  for (const { at, placement } of commits) {
    const phase = phaseOf(placement);
    const last = stretches.at(-1);
    if (last !== undefined) last.to = at;
    if (last?.phase === phase && last.placement.live === placement.live) last.placement = placement;
    else stretches.push({ phase, from: at, to: run.endedAt, placement });
  }
  const last = stretches.at(-1);
  if (last !== undefined) last.to = run.endedAt;
  return stretches;
}

/**
 * The site's newest live copy refuses to become writable, since it would lose acknowledged writes: a double fault, to which
 * standing still is the right answer. Answers since when; null: it is not so.
 */
export function stoppedShort(run: SimRun, site: SiteId, { live, promotion }: Placement): SimMs | null {
  const events = eventsOf(run, 'stopped-short');
  const first = events.find((one) => one.site === site && one.zone === live && one.epoch >= promotion.epoch);
  return promotion.position === null ? (first?.at ?? null) : null;
}

/** Since when the zone is meant to be empty, at that moment; null: it is in use. */
export function evacuatedSince(run: SimRun, zone: ZoneId, at: SimMs): SimMs | null {
  const last = eventsOf(run, 'evacuated').findLast((event) => event.zone === zone && event.at <= at);
  return last?.evacuated ? last.at : null;
}

/** Since when the site is to run in one zone by its plan, at that moment; null: it is to be protected. */
export function aloneSince(run: SimRun, site: SiteId, at: SimMs): SimMs | null {
  const last = eventsOf(run, 'plan').findLast((event) => event.site === site && event.at <= at);
  return last?.alone ? last.at : null;
}

/** Was it to run in one zone at any moment of [from, to]? */
export function everAlone(run: SimRun, site: SiteId, from: SimMs, to: SimMs): boolean {
  const told = eventsOf(run, 'plan').some((event) => event.site === site && event.at >= from && event.at <= to);
  return told || aloneSince(run, site, from) !== null;
}

/** Was any zone meant to be empty at any moment of [from, to]? */
export function anyEvacuated(run: SimRun, from: SimMs, to: SimMs): boolean {
  const told = eventsOf(run, 'evacuated');
  if (told.some(({ at, evacuated }) => evacuated && at >= from && at <= to)) return true;
  return [...new Set(told.map(({ zone }) => zone))].some((zone) => evacuatedSince(run, zone, from) !== null);
}

/** `12.345 s`, for sentences. */
export function seconds(at: SimMs): string {
  return `${(at / 1_000).toFixed(3)} s`;
}
