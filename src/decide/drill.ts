/** Beginning a drill: asked by a person or due by schedule, and refused by `drill-unsafe` unless nothing at all speaks against it. */
import type { Drill, DrillFault, Finding, Order } from '../model/index.ts';
import { isProtected, NO_DRILL_FIGURES } from '../model/index.ts';
import { isIn } from './daily-window.ts';
import type { Practices } from './drill-limits.ts';
import { findingsAbout } from './findings.ts';
import { heldUntil } from './flapping.ts';
import { standbyBehind, standbyUnwell, wouldNotHelp } from './helps.ts';
import type { Objection } from './move.ts';
import { type Asked, inFreeze, type Standing } from './order.ts';
import { type Decision, decision, type Refused, refuse } from './outcome.ts';
import { createArrivals, noRoom } from './room.ts';
import { currentReport, mayHoldRole, type SiteView, VIEW_FRESH_MS } from './world.ts';

/** What somebody asks for. */
export interface DrillWish {
  fault: DrillFault;
  /** A person's name, or `schedule`. */
  by: string;
}

export interface DrillAsked extends Asked {
  practices: Practices;
}

/** A site that has just moved, for whatever reason, is left alone for so long. */
const REST_MS = 30_000;
/** An agent thaws what it froze before this; a patience that is longer would see nothing. */
const LONGEST_PATIENCE_MS = 5_000;

const OBJECTIONS: readonly Objection[] = [standbyUnwell, wouldNotHelp, standbyBehind, noRoom];

/** Records the drill; a `move` together with its order. Nothing has happened to the site yet. */
export function planDrill(asked: DrillAsked, { fault, by }: DrillWish): Decision | Refused | Standing {
  const { site, now, practices } = asked;
  const { site: name, live, standby, epoch, drill } = site.placement;
  if (drill !== null && drill.fault === fault && drill.by === by)
    return { kind: 'standing', sentence: `${name} practises already: ${drill.id}, by ${drill.fault}.` };
  const reason = unsafe(asked, fault);
  if (reason !== null) {
    const sentence = `${name} does not practise now: ${reason.why}.`;
    return refuse(site, 'drill-unsafe', sentence, null, reason.evidence ?? []);
  }
  const to = standby!;
  practices.note(live, to);
  const begun: Drill = {
    id: `${name}-${epoch + 1}`,
    fault,
    home: live,
    by,
    startedAt: now,
    to,
    stage: 'away',
    stopped: null,
    figures: NO_DRILL_FIGURES,
  };
  const sentence = `${by} has ${name} practise leaving zone ${live} for zone ${to}, by ${fault}, and coming home.`;
  return decision(site, 'begin-drill', now, { drill: begun, order: orderFor(site, begun) }, sentence);
}

function orderFor({ spec }: SiteView, { fault, to, by, startedAt }: Drill): Order | null {
  if (fault !== 'move') return null;
  const asked = { kind: 'drill', to, by, why: 'a drill', at: startedAt } as const;
  return { ...asked, drainMs: spec.handOver.drainMs, holding: false, attempts: 0 };
}

interface Unsafe {
  /** Without a full stop. */
  why: string;
  evidence?: Finding['evidence'];
}

/** The first reason not to, or null. */
function unsafe(asked: DrillAsked, fault: DrillFault): Unsafe | null {
  return underWay(asked) ?? trouble(asked) ?? restless(asked) ?? unheard(asked) ?? unable(asked) ?? unfit(asked, fault);
}

function underWay({ site }: DrillAsked): Unsafe | null {
  const { incident, order, drill } = site.placement;
  if (drill !== null) return { why: `a drill of ${drill.by}'s is under way, by ${drill.fault}` };
  if (order !== null) return { why: `it is on its way to zone ${order.to}, as ${order.by} asked` };
  if (!isProtected(site.placement)) return { why: site.unprotected ?? 'it is exposed' };
  return incident === null ? null : { why: `an incident is open (${incident})` };
}

/** Any finding about the site or one of its zones, not only the two that it would move between. */
function trouble({ site, findings, world }: DrillAsked): Unsafe | null {
  const { placement, spec } = site;
  const found = spec.zones.flatMap((zone) => findingsAbout(findings, placement.site, zone))[0] ?? findings.everywhere;
  if (found != null) {
    const where = found.zone === null ? '' : ` of zone ${found.zone}`;
    return { why: `${found.code} is found${where}`, evidence: found.evidence };
  }
  for (const zone of new Set([placement.live, placement.standby!, ...spec.zones])) {
    const view = world.zones.get(zone);
    if (view?.evacuated) return { why: `zone ${zone} has been evacuated` };
    if (!view?.heard) return { why: `zone ${zone} is not answering` };
  }
  return null;
}

function restless({ site, now }: DrillAsked): Unsafe | null {
  const { placement, spec } = site;
  const frozen = inFreeze(site, now);
  if (frozen !== null) return { why: 'it is one of its freeze windows' };
  const until = heldUntil(placement, spec.failover.backOffMs, now);
  if (until !== null) return { why: `it moved lately, and rests until ${new Date(until).toISOString().slice(0, 19)}Z` };
  const movedAgoMs = now - (placement.moves.at(-1)?.at ?? 0);
  if (Math.abs(movedAgoMs) < REST_MS) return { why: `it moved ${Math.round(movedAgoMs / 1_000)} s ago` };
  return null;
}

/** What the edges do to visitors is what a drill is judged by, and stopped for. */
function unheard({ site }: DrillAsked): Unsafe | null {
  const edges = site.edges();
  if (edges.length === 0) return { why: 'no edge is heard' };
  const { epoch } = site.placement;
  // Of a record that it has led by for long an edge tells no more.
  const silent = edges.some((edge) => edge.heardAgoMs > VIEW_FRESH_MS || (edge.epoch ?? epoch) !== epoch);
  return silent ? { why: 'not every edge is heard and leads its visitors by the newest record' } : null;
}

function unable(asked: DrillAsked): Unsafe | null {
  const { site, world, now, practices } = asked;
  const { live, standby } = site.placement;
  const move = {
    ...asked,
    because: null,
    to: standby!,
    arrivals: createArrivals(world, now),
    handOvers: NO_HAND_OVERS,
  };
  for (const objection of OBJECTIONS) {
    const refused = objection(move);
    if (refused !== null) return { why: refused.refusal.sentence.replace(/\.$/, '') };
  }
  return practices.against(live, standby!);
}

const NO_HAND_OVERS = { count: () => 0, note: () => {} };

/** A fault has to be found and answered by the site's own policy, and made by an agent that knows this very record. */
function unfit({ site, world }: DrillAsked, fault: DrillFault): Unsafe | null {
  if (fault === 'move') return null;
  const { spec, placement } = site;
  const { mode, patience } = spec.failover;
  if (mode === 'ask-first') return { why: 'its policy asks a person before a failover; practise with fault move' };
  if (patience.downMs > LONGEST_PATIENCE_MS)
    return {
      why: `its patience of ${patience.downMs} ms is longer than a drill keeps anything frozen; practise with fault move`,
    };
  if (currentReport(site, placement.live)?.settled !== 'live' || !mayHoldRole(world, placement.live))
    return { why: `its copy in zone ${placement.live} is not settled` };
  return null;
}

/** By the schedule in the site's description; what speaks against it is looked at only then. */
export function isDrillDue({ spec, placement }: SiteView, now: number): boolean {
  const { drills } = spec;
  const { drill, order, incident, drilledAt, protectionSince, site } = placement;
  if (drills === null || drill !== null || order !== null || incident !== null) return false;
  if (!isIn(drills.window, now)) return false;
  // One that has never practised waits for its own share of the first round, so that not all of them begin at once.
  const [since, waitMs] =
    drilledAt == null ? [protectionSince, drills.everyMs * shareOf(site)] : [drilledAt, drills.everyMs];
  return Math.abs(now - since) >= waitMs;
}

/** 0–1, the same for the same name everywhere (FNV-1a, mixed as MurmurHash3 ends, since names differ in their last letters). */
function shareOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
