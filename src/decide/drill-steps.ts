/**
 * A drill under way. Every step is a record, so that any controller carries it on; whatever goes wrong, it ends.
 *
 *   begin-drill ─▶ away ─(moved, protected)─▶ there ─(10 s of quiet)─▶ home ─(lives at home)─▶ end-drill
 *                   │                           │                       ▲
 *                   └────── stop-drill ─────────┴───────────────────────┘      a real failover ends it at once
 */
import type { Drill, DrillResult, Finding, Placement, WallMs } from '../model/index.ts';
import { isProtected, phaseOf } from '../model/index.ts';
import type { Circumstances } from './circumstances.ts';
import { findingsAbout } from './findings.ts';
import { planOrder } from './order.ts';
import { type Decision, decision, NOTHING, type Outcome } from './outcome.ts';
import { freshReport, type SiteView } from './world.ts';

type Seen = Pick<Circumstances, 'site' | 'world' | 'findings' | 'now'>;

/** It has to have left home by then. */
export const AWAY_WITHIN_MS = 60_000;
/** Exposed for longer than this, it goes home. */
export const MOST_EXPOSED_MS = 300_000;
/** It has to be on its way home by then. */
const MOST_MS = 900_000;
/** More failed requests than this stop it: a planned move fails none, a fault those that it hits. */
const MOST_FAILED = { move: 10, fault: 1_000 };
/** So long it is quiet there before it goes home. */
export const STAY_MS = 10_000;
/** Edges and agents tell of the end a little later than it came. */
const SETTLE_MS = 2_000;
/** A way home that was called off is tried again after so long. */
const AGAIN_MS = 10_000;
/** Nothing came about for so long: it ends where it is. */
const GIVE_UP_MS = 600_000;
const LONGEST_MS = 24 * 3_600_000;
/** A fault that the agent healed by itself within the site's patience shows by now. */
const HEALED_AFTER_MS = 15_000;

/** Why the drill has to go home before its time, or null. */
export function drillTrouble({ site, world, findings, now }: Seen): string | null {
  const { placement, spec } = site;
  const { drill, live } = placement;
  if (drill === null || drill.stopped !== null) return null;
  if (placement.incident !== null) return `an incident was opened (${placement.incident})`;
  const gone = [drill.home, live].find((zone) => world.zones.get(zone)?.evacuated);
  if (gone !== undefined) return `zone ${gone} is being evacuated`;
  if (!spec.zones.includes(drill.home)) return `zone ${drill.home} is none of the site's any more`;
  const { failedRequests, exposedMs } = figuresNow(site, drill, now);
  const mostFailed = drill.fault === 'move' ? MOST_FAILED.move : MOST_FAILED.fault;
  if (failedRequests > mostFailed) return `${failedRequests} requests of visitors failed`;
  if (exposedMs > MOST_EXPOSED_MS) return `it is exposed for more than ${MOST_EXPOSED_MS / 60_000} minutes`;
  if (drill.stage === 'home') return null;
  if (drill.stage === 'away' && live === drill.home) return notAway(placement, drill, now);
  const found = findingsAbout(findings, placement.site, live)[0];
  if (found !== undefined) return `${found.code} is found of zone ${live}`;
  return Math.abs(now - drill.startedAt) > MOST_MS ? `it took more than ${MOST_MS / 60_000} minutes` : null;
}

function notAway(placement: Placement, { fault, startedAt }: Drill, now: WallMs): string | null {
  if (!isProtected(placement)) return 'its standby was lost';
  if (fault === 'move' && placement.order === null) return 'its move was called off';
  const late = Math.abs(now - startedAt) > AWAY_WITHIN_MS;
  return late ? `it had not moved after ${AWAY_WITHIN_MS / 1_000} s` : null;
}

/** It goes home; what leads away is called off. */
export function stopDrill({ site, now }: { site: Pick<SiteView, 'placement'>; now: WallMs }, why: string): Outcome {
  const { drill, order, site: name } = site.placement;
  if (drill === null) return NOTHING;
  const rest = order?.kind === 'drill' && order.to !== drill.home ? null : order;
  const sentence = `The drill of ${name} is stopped, and it goes home to zone ${drill.home}: ${why}.`;
  const change = { drill: { ...drill, stage: 'home' as const, stopped: why }, order: rest };
  return decision(site, 'stop-drill', now, change, sentence);
}

/** The next step, when nothing else has to be waited for. From `single` and `growing` it only ever ends. */
export function carryDrill(circumstances: Circumstances): Outcome {
  const { site, world, now } = circumstances;
  const { drill, order, live } = site.placement;
  if (drill === null || order !== null) return NOTHING;
  if (drill.stage === 'away' && live === drill.home) return wasHealed(site, drill) ? endDrill(circumstances) : NOTHING;
  if (drill.stage === 'home' && isOver(site, drill, world, now)) return endDrill(circumstances);
  if (phaseOf(site.placement) !== 'protected') return NOTHING;
  if (drill.stage === 'away') return arrive(circumstances, drill);
  if (drill.stage === 'there') {
    const quiet = site.epochForMs >= STAY_MS && site.quietForMs >= STAY_MS;
    return quiet ? goHome(circumstances, drill) : NOTHING;
  }
  if (live === drill.home) return NOTHING;
  if (site.placement.decision === 'call-off' && site.epochForMs < AGAIN_MS) return NOTHING;
  return goHome(circumstances, drill);
}

function arrive({ site, now }: Circumstances, drill: Drill): Outcome {
  const { site: name, live } = site.placement;
  const sentence = `${name} lives in zone ${live}, protected, and stays for a while before its drill brings it home.`;
  return decision(site, 'drill-there', now, { drill: { ...drill, stage: 'there' } }, sentence);
}

/** An order like any other, once the copy at home follows again. */
function goHome(circumstances: Circumstances, drill: Drill): Outcome {
  const { site, now } = circumstances;
  const { standby, spares, site: name } = site.placement;
  const { home, by } = drill;
  if (standby !== home && !spares.includes(home)) return NOTHING;
  const wish = { kind: 'drill', to: home, by, why: 'home from a drill', drainMs: null, at: null } as const;
  const planned = planOrder(circumstances, wish);
  if (planned.kind !== 'decision') return planned.kind === 'standing' ? NOTHING : planned;
  const change = { order: planned.next.order, drill: { ...drill, stage: 'home' as const } };
  return decision(site, 'drill-home', now, change, `The drill of ${name} brings it home to zone ${home}.`);
}

/** Killed programs are started again by their agent; one that answers within the site's patience is not moved for. */
function wasHealed(site: SiteView, { fault, home, id }: Drill): boolean {
  if (fault !== 'kill-application' && fault !== 'freeze-application') return false;
  if (!isProtected(site.placement) || site.epochForMs < HEALED_AFTER_MS || site.quietForMs < STAY_MS) return false;
  const here = freshReport(site, home);
  return here?.application.state === 'ready' && faultOf(site, { home, id }) !== null;
}

function isOver(site: SiteView, drill: Drill, world: Circumstances['world'], now: WallMs): boolean {
  const { live, spec } = { ...site.placement, spec: site.spec };
  if (live === drill.home)
    return site.epochForMs >= SETTLE_MS && (isProtected(site.placement) || drill.stopped !== null);
  if (!spec.zones.includes(drill.home) || world.zones.get(drill.home)?.evacuated) return true;
  return site.epochForMs > GIVE_UP_MS || Math.abs(now - drill.startedAt) > LONGEST_MS;
}

function endDrill({ site, now }: Circumstances): Outcome {
  const drill = site.placement.drill!;
  const result = resultOf(site, drill, now);
  const { site: name, live } = site.placement;
  const how = result.problems.length === 0 ? 'passed' : `${result.outcome}: ${result.problems.join('; ')}`;
  const sentence = `The drill of ${name} is over, it lives in zone ${live}; ${how}.`;
  return { ...decision(site, 'end-drill', now, { drill: null, drilledAt: now }, sentence), result };
}

/** The promises: no failed request in a planned move; home again; protected. */
function resultOf(site: SiteView, drill: Drill, now: WallMs): DrillResult {
  const { id, fault, by, startedAt, home } = drill;
  const figures = { ...figuresNow(site, drill, now), tookMs: Math.max(0, now - startedAt) };
  const problems = drill.stopped === null ? [] : [drill.stopped];
  if (fault === 'move' && figures.failedRequests > 0)
    problems.push(`${figures.failedRequests} requests of visitors failed`);
  if (site.placement.live !== home)
    problems.push(`it did not come home to zone ${home}, and lives in zone ${site.placement.live}`);
  if (!isProtected(site.placement)) problems.push('it is exposed');
  const outcome = drill.stopped !== null ? 'stopped' : problems.length > 0 ? 'failed' : 'passed';
  return { id, fault, by, startedAt, endedAt: now, outcome, problems: [...new Set(problems)], figures };
}

/** With what this controller has seen under the present epoch. */
function figuresNow(site: SiteView, { figures }: Drill, now: WallMs): Drill['figures'] {
  const { committedAt } = site.placement;
  const sinceMs = isProtected(site.placement) ? 0 : Math.max(0, Math.min(now - committedAt, MOST_MS));
  const seen = site.visitors ?? { failedRequests: 0, heldLongestMs: 0 };
  return {
    ...figures,
    failedRequests: Math.max(figures.failedRequests, seen.failedRequests),
    heldLongestMs: Math.max(figures.heldLongestMs, seen.heldLongestMs),
    exposedMs: figures.exposedMs + sinceMs,
  };
}

/** When the agent made the drill's fault, by its own clock; null: not told of. */
function faultOf(site: SiteView, { home, id }: Pick<Drill, 'home' | 'id'>): WallMs | null {
  const action = freshReport(site, home)?.actions.find((each) => each.id.endsWith(`/drill/${id}`));
  return action?.outcome === 'done' ? action.startedAt : null;
}

/** The drill's share in any other decision: its figures go on; a move that is not its own is the end of it. */
export function withDrill(site: SiteView, made: Decision, now: WallMs): Decision {
  const { drill } = site.placement;
  if (drill === null || made.next.drill === null) return made;
  const figures = figuresNow(site, drill, now);
  if (made.code === 'accept-loss' || (made.code === 'failover' && !isOwn(site, drill, made.because)))
    return overtaken(site, made, now);
  if (made.code !== 'failover') return { ...made, next: { ...made.next, drill: { ...made.next.drill, figures } } };
  const madeAt = faultOf(site, drill);
  const decidedMs = madeAt === null ? null : Math.max(0, now - madeAt);
  const moves = made.next.moves.map((move, index, all) =>
    index === all.length - 1 ? { ...move, order: { kind: 'drill' as const, at: drill.startedAt } } : move,
  );
  return { ...made, next: { ...made.next, moves, drill: { ...drill, figures: { ...figures, decidedMs } } } };
}

/** What the agent did for the drill is found and answered like any other fault of this copy. */
function isOwn({ placement }: SiteView, drill: Drill, because: Finding | null): boolean {
  const faulty = drill.fault !== 'move' && drill.stage === 'away' && drill.stopped === null;
  return faulty && placement.live === drill.home && because?.site === placement.site;
}

function overtaken(site: SiteView, made: Decision, now: WallMs): Decision {
  const drill = site.placement.drill!;
  const why =
    made.because === null ? 'a person moved it' : `${made.because.code} was found, and answered by a failover`;
  const { id, fault, by, startedAt } = drill;
  const figures = { ...figuresNow(site, drill, now), tookMs: Math.max(0, now - startedAt) };
  const result: DrillResult = {
    ...{ id, fault, by, startedAt, endedAt: now, outcome: 'stopped' },
    problems: [drill.stopped ?? why],
    figures,
  };
  const sentence = `${made.sentence} Its drill is over.`;
  return { ...made, sentence, result, next: { ...made.next, drill: null, drilledAt: now } };
}
