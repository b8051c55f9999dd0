/**
 * A planned move from being asked for to being called off. What carries it out stands in `hand-over.ts`.
 *
 *   order ─▶ (prefer-target ─▶ record-in-sync) ─▶ hand-over ─▶ switchover
 *     │              │                              │   ▲
 *     └──────────────┴──── call-off ◀───────────────┘   └─ let-go
 */
import type { Finding, Order, OrderKind, WallMs, ZoneId } from '../model/index.ts';
import { phaseOf } from '../model/index.ts';
import { isIn } from './daily-window.ts';
import { type FindingIndex, findingsAbout } from './findings.ts';
import { type Decision, decision, type Outcome, type Refused, refuse } from './outcome.ts';
import { freshReport, type SiteView, type World } from './world.ts';

/** What somebody asks for. */
export interface Wish {
  kind: OrderKind;
  to: ZoneId;
  by: string;
  why: string;
  /** Null: as the site's description says. */
  drainMs: number | null;
  /** The order's own time; null: now. Sites that are moved for one reason share it, and with it their record. */
  at: WallMs | null;
}

export interface Asked {
  site: SiteView;
  world: World;
  findings: FindingIndex;
  now: WallMs;
}

/** The very order stands already, so that asking once more has come true. */
export interface Standing {
  kind: 'standing';
  sentence: string;
}

/** Records the order, unless something speaks against beginning it now. Nothing has moved yet. */
export function planOrder(asked: Asked, wish: Wish): Decision | Refused | Standing {
  const { site, now } = asked;
  const { site: name, live, order } = site.placement;
  const { kind, to, by, why } = wish;
  if (order !== null && order.to === to && order.kind === kind)
    return { kind: 'standing', sentence: `${name} is on its way from zone ${live} to zone ${to} already.` };
  const refused =
    againstOrder(asked, wish) ?? (kind === 'accept-loss' ? againstLoss(asked, to) : againstMove(asked, to));
  if (refused !== null) return refused;
  const drainMs = wish.drainMs ?? site.spec.handOver.drainMs;
  const next: Order = { kind, to, by, why, at: wish.at ?? now, drainMs, holding: false, attempts: 0 };
  const reason = why === '' ? '' : ` (${why})`;
  const sentence = `${by} wants ${name} to move from zone ${live} to zone ${to}${reason}.`;
  return decision(site, 'order', now, { order: next }, sentence);
}

/** What holds for every order. */
function againstOrder({ site, world }: Asked, { to, kind }: Wish): Refused | null {
  const { site: name, live, order, drill } = site.placement;
  if (to === live) return refuse(site, 'not-wanted', `${name} lives in zone ${to} already.`, null);
  if (!site.spec.zones.includes(to)) {
    const zones = site.spec.zones.join(', ');
    return refuse(site, 'not-wanted', `${name} may not live in zone ${to}: its zones are ${zones}.`, null);
  }
  if (order !== null) {
    const sentence = `${name} is on its way to zone ${order.to}, as ${order.by} asked; that has to end or to be called off first.`;
    return refuse(site, 'order-underway', sentence, null);
  }
  if (drill !== null && kind !== 'drill' && kind !== 'accept-loss') {
    return refuse(site, 'order-underway', `${name} practises a move at the moment.`, null);
  }
  return kind === 'accept-loss' ? null : evacuatedThere(site, world, to);
}

function evacuatedThere(site: SiteView, world: World, to: ZoneId): Refused | null {
  const evacuated = world.zones.get(to)?.evacuated ?? null;
  if (evacuated === null) return null;
  const sentence = `${site.placement.site} does not move to zone ${to}: ${evacuated.by} has taken every site out of it, and it has not been given back.`;
  return refuse(site, 'zone-evacuated', sentence, null);
}

/** A move that need not be is made in calm, and not in the hours in which nothing is. */
function againstMove({ site, findings, world, now }: Asked, to: ZoneId): Refused | null {
  const { site: name } = site.placement;
  const phase = phaseOf(site.placement);
  if (phase === 'new')
    return refuse(site, 'database-not-created', `${name} has never been set up; there is nothing to move yet.`, null);
  if (phase === 'promoting' || phase === 'opening') {
    return refuse(site, 'promotion-underway', `${name} is being promoted in zone ${site.placement.live}.`, null);
  }
  const trouble = troubleOf({ site, findings }, to);
  if (trouble !== null)
    return refuse(site, 'not-calm', `${name} is not moved now: ${trouble.why}.`, null, trouble.evidence);
  if (!world.zones.get(to)?.heard)
    return refuse(site, 'standby-unwell', `${name} cannot move to zone ${to}: that zone is not answering.`, null);
  return inFreeze(site, now);
}

/** The site's freeze windows: nothing is moved that need not be. */
export function inFreeze(site: SiteView, now: WallMs): Refused | null {
  const window = site.spec.freeze.find((each) => isIn(each, now));
  if (window === undefined) return null;
  const clock = (minute: number) =>
    `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  const when = `${clock(window.fromMinute)}–${clock(window.toMinute)} UTC`;
  return refuse(
    site,
    'freeze-window',
    `${site.placement.site} is not moved by plan now: its freeze window is ${when}.`,
    null,
  );
}

const HOLDS_DATA: ReadonlySet<string> = new Set(['running', 'down', 'starting']);

/** Only for what nothing else can save: there must be data in that zone, and no copy that has everything and could be promoted. */
function againstLoss({ site, world }: Asked, to: ZoneId): Refused | null {
  const { site: name, live, standby, inSync } = site.placement;
  const phase = phaseOf(site.placement);
  if (phase === 'new') return refuse(site, 'database-not-created', `${name} has never been set up.`, null);
  if (phase === 'promoting' || phase === 'opening') {
    return refuse(site, 'promotion-underway', `${name} is being promoted in zone ${live}; bring that zone back.`, null);
  }
  const isWell = (zone: ZoneId) =>
    world.zones.get(zone)?.heard && freshReport(site, zone)?.database.state === 'running';
  if (inSync && standby !== null && isWell(standby)) {
    const sentence = `Nothing of ${name} has to be given up: its copy in zone ${standby} has every acknowledged write. Move it there.`;
    return refuse(site, 'not-wanted', sentence, null);
  }
  const state = freshReport(site, to)?.database.state ?? 'unknown';
  if (world.zones.get(to)?.heard && HOLDS_DATA.has(state)) return null;
  const sentence = `${name} cannot move to zone ${to}: its database there is ${state}, and holds nothing to go on with.`;
  return refuse(site, 'standby-unwell', sentence, null);
}

export interface Trouble {
  /** Without a full stop. */
  why: string;
  because: Finding | null;
  evidence: Finding['evidence'];
}

/** Any finding about either zone or copy. */
export function troubleOf({ site, findings }: Pick<Asked, 'site' | 'findings'>, to: ZoneId): Trouble | null {
  const { site: name, live } = site.placement;
  const found = [live, to].flatMap((zone) => findingsAbout(findings, name, zone))[0] ?? findings.everywhere;
  if (found === null) return null;
  const where = found.zone === null ? '' : ` of zone ${found.zone}`;
  const saw = found.evidence[0]?.saw;
  return { why: `${found.code} is found${where}${saw ? ` (${saw})` : ''}`, because: found, evidence: found.evidence };
}

/** So long after it was asked for a move that still has not come about is given up: nobody waits for it any more. */
const ORDER_LASTS_MS = 12 * 3_600_000;

/** Why the order that is under way cannot be carried on, or null. Its giving up leaves the site where it is. */
export function orderTrouble({ site, world, findings, now }: Asked): Trouble | null {
  const { order, live, inSync, standby } = site.placement;
  if (order === null || order.kind === 'accept-loss') return null;
  const plainly = (why: string): Trouble => ({ why, because: null, evidence: [] });
  if (order.to === live) return plainly(`the site lives in zone ${live} already`);
  if (!site.spec.zones.includes(order.to)) return plainly(`zone ${order.to} is none of the site's any more`);
  if (world.zones.get(order.to)?.evacuated) return plainly(`zone ${order.to} has been evacuated`);
  if (order.holding && (!inSync || standby !== order.to))
    return plainly(`its standby in zone ${order.to} is out of sync`);
  if (Math.abs(now - order.at) > ORDER_LASTS_MS) return plainly('it did not come about in 12 hours');
  return troubleOf({ site, findings }, order.to);
}

/** Whatever has been done for it, the site lives where it lived, with every acknowledged write. */
export function callOff(site: Pick<SiteView, 'placement'>, why: string, now: WallMs): Outcome {
  const { site: name, live, order } = site.placement;
  const sentence = `The move of ${name} to zone ${order?.to} is called off, and it stays in zone ${live}: ${why}.`;
  return decision(site, 'call-off', now, { order: null }, sentence);
}
