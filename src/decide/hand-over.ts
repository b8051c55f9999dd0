/**
 * Carrying a planned move out: the target is made the standby, the visitors are held, and the site moves once nothing is open on the
 * old side. Holding lasts a second at the most, by the deciding controller's own unjumping clock: then it moves, or lets go.
 */
import type { Order, ZoneId } from '../model/index.ts';
import type { Circumstances } from './circumstances.ts';
import { lagOf, standbyBehind, standbyUnwell, wouldNotHelp } from './helps.ts';
import { moveTo, type Objection } from './move.ts';
import { callOff, inFreeze } from './order.ts';
import { decision, NOTHING, type Outcome, type Refused } from './outcome.ts';
import { isTakenIn } from './plan.ts';
import { noRoom } from './room.ts';
import { addSpare } from './spares.ts';
import { currentReport, mayHoldRole, type SiteView, VIEW_FRESH_MS } from './world.ts';

/** Visitors are held for so long, and let go when the old side is not idle by then. */
export const HOLD_MS = 1_000;
/** They have their way for so long before they are held again. */
export const PAUSE_MS = 2_000;
/** Nobody is held for a transaction that is older than this: it may go on for long. */
const LONG_TRANSACTION_MS = 1_000;
/** So many sites hold their visitors at a time: all of them arrive at once in one zone. */
export const MOST_HANDING_OVER = 10;
/** What speaks against the move is waited for so long, then the move is called off. */
const OBJECTION_LASTS_MS = 120_000;

const frozen: Objection = ({ site, now }) => inFreeze(site, now);
const OBJECTIONS: readonly Objection[] = [standbyUnwell, wouldNotHelp, standbyBehind, noRoom, frozen];

/** From `protected`: the target becomes the standby, or the visitors are held. */
export function carryOn(circumstances: Circumstances): Outcome {
  const { site } = circumstances;
  const { order, standby } = site.placement;
  if (order === null) return NOTHING;
  return standby === order.to ? handOver(circumstances, order) : approach(circumstances, order);
}

/** From `single` and `growing`: nobody is in sync, so that naming another standby exposes nobody. */
export function preferTarget(circumstances: Circumstances): Outcome {
  const { site, world, now } = circumstances;
  const { order, standby, spares, site: name } = site.placement;
  if (order === null || standby === order.to || !mayHoldRole(world, order.to)) return NOTHING;
  const rest = spares.filter((zone) => zone !== order.to);
  const sentence = `${name} makes its copy in zone ${order.to} the standby, to move there; it is exposed until that one is in sync.`;
  const change = { standby: order.to, spares: standby === null ? rest : [standby, ...rest], inSync: false };
  return decision(site, 'prefer-target', now, change, sentence);
}

/** Grow first: a copy that does not follow yet is built and catches up beside the standby, before the two change places. */
function approach(circumstances: Circumstances, order: Order): Outcome {
  const { site, now } = circumstances;
  const { to } = order;
  if (!site.placement.spares.includes(to)) return addSpare(circumstances, to, `to move there`);
  const refused = inFreeze(site, now);
  if (refused !== null) return refused;
  return follows(site, to) ? preferTarget(circumstances) : NOTHING;
}

/** The copy there applies what it gets, and is not far behind. */
function follows(site: SiteView, zone: ZoneId): boolean {
  const database = currentReport(site, zone)?.database;
  if (database?.state !== 'running' || !database.ioRunning || !database.sqlRunning) return false;
  return lagOf(site, zone) <= site.spec.failover.mostLagMs;
}

function handOver(circumstances: Circumstances, order: Order): Outcome {
  const { site, handOvers, now } = circumstances;
  const { site: name, live } = site.placement;
  const refused = objectionTo(circumstances, order);
  if (refused !== null)
    return waitedLong(site) ? callOff(site, refused.refusal.sentence.replace(/\.$/, ''), now) : refused;
  // A controller that has only just seen this epoch does not know how long ago the visitors were let go.
  if (order.attempts > 0 && site.epochForMs < PAUSE_MS) return NOTHING;
  if (hasLongTransaction(site) && !isDrainOver(circumstances, order)) return NOTHING;
  if (handOvers.count() >= MOST_HANDING_OVER) return NOTHING;
  handOvers.note();
  const sentence = `${name} is about to move from zone ${live} to zone ${order.to}: its visitors are held until nothing is open any more.`;
  return decision(site, 'hand-over', now, { order: { ...order, holding: true } }, sentence);
}

function objectionTo(circumstances: Circumstances, { to }: Order): Refused | null {
  for (const objection of OBJECTIONS) {
    const refused = objection({ ...circumstances, because: null, to });
    if (refused !== null) return refused;
  }
  return null;
}

/** The order stands in this very epoch for long, seen by this controller alone: a clock that jumps calls nothing off. */
function waitedLong(site: SiteView): boolean {
  return site.epochForMs > OBJECTION_LASTS_MS;
}

function hasLongTransaction(site: SiteView): boolean {
  const transactions = currentReport(site, site.placement.live)?.database.transactions;
  return transactions != null && transactions.oldestMs > LONG_TRANSACTION_MS;
}

/**
 * What is open has had its time: by the records' clock, or by this controller's own, or by how often it was tried. So neither a wrong
 * clock nor a controller that was just started makes it wait for ever.
 */
function isDrainOver({ site, now }: Circumstances, { at, drainMs, attempts }: Order): boolean {
  const since = Math.max(at, site.placement.protectionSince);
  return now - since >= drainMs || site.epochForMs >= drainMs || attempts * (HOLD_MS + PAUSE_MS) >= drainMs;
}

/** From `handing-over`: moves when all is idle or had its time, lets go when it does not become so. */
export function carryThrough(circumstances: Circumstances): Outcome {
  const { site } = circumstances;
  const { order } = site.placement;
  if (order === null) return NOTHING;
  const refused = objectionTo(circumstances, order);
  if (refused !== null) return letGo(circumstances, order, refused.refusal.sentence);
  if (isIdle(site)) return switchOver(circumstances, order, 'Nothing was open any more.');
  if (site.epochForMs < HOLD_MS) return NOTHING;
  if (isDrainOver(circumstances, order))
    return switchOver(circumstances, order, `What was still open after ${order.drainMs} ms is ended.`);
  return letGo(circumstances, order, `${openOn(site)} after ${HOLD_MS} ms of holding.`);
}

/** Every edge heard lately routes by this epoch, fresh, and waits for nothing; and the live copy has nothing open under it. */
export function isIdle(site: SiteView): boolean {
  const { epoch, live } = site.placement;
  const here = currentReport(site, live);
  if (here === null || (here.database.transactions?.open ?? 0) > 0) return false;
  const edges = site.edges();
  if (edges.length === 0) return false;
  return edges.every((edge) => edge.heardAgoMs <= VIEW_FRESH_MS && edge.epoch === epoch && edge.inFlight === 0);
}

/** `3 requests and 1 transaction are open`. */
export function openOn(site: SiteView): string {
  const requests = site.edges().reduce((sum, { inFlight }) => sum + inFlight, 0);
  const transactions = currentReport(site, site.placement.live)?.database.transactions?.open ?? 0;
  if (requests + transactions === 0) return 'Not every edge has answered';
  const count = (many: number, what: string) => `${many} ${what}${many === 1 ? '' : 's'}`;
  return `${count(requests, 'request')} and ${count(transactions, 'transaction')} were open`;
}

/**
 * The same fence as for a failover: the copy there cuts its replication before it says that it is live. The former live copy is well and idle,
 * so it is a spare from now on: it steps down where it is, and follows as soon as the new one's position is on record.
 */
function switchOver(circumstances: Circumstances, { to, by }: Order, how: string): Outcome {
  const { site, arrivals, now } = circumstances;
  const { site: name, live } = site.placement;
  arrivals.note(live, to);
  const change = moveTo({ ...circumstances, because: null }, to);
  if (isTakenIn(site, live)) change.spares = [...(change.spares ?? []), live];
  const sentence = `${name} moves from zone ${live} to zone ${to}, as ${by} asked; the copy there has every acknowledged write. ${how}`;
  return decision(site, 'switchover', now, change, sentence);
}

function letGo({ site, now }: Circumstances, order: Order, why: string): Outcome {
  const { site: name } = site.placement;
  const sentence = `The visitors of ${name} are let go, and the move is tried again: ${why}`;
  return decision(site, 'let-go', now, { order: { ...order, holding: false, attempts: order.attempts + 1 } }, sentence);
}
