/** A person's word that what only the live copy has may be given up: the one move that may lose acknowledged writes, never made unasked. */
import { type Gtid, parseGtid, type ZoneId } from '../model/index.ts';
import type { Circumstances } from './circumstances.ts';
import { moveTo } from './move.ts';
import { callOff, planOrder } from './order.ts';
import { decision, NOTHING, type Outcome } from './outcome.ts';
import { freshReport, type SiteView, VIEW_FRESH_MS } from './world.ts';

/** Made at once: nobody is held, for the live copy is gone or about to be left. */
export function moveWithLoss(circumstances: Circumstances): Outcome {
  const { site, arrivals, now } = circumstances;
  const { site: name, live, order, incident } = site.placement;
  if (order === null) return NOTHING;
  // The record may have changed since it was asked for; the same things have to hold as then.
  const asked = { ...circumstances, site: { ...site, placement: { ...site.placement, order: null } } };
  const again = planOrder(asked, { ...order, at: order.at });
  if (again.kind === 'refusal') return callOff(site, again.refusal.sentence.replace(/\.$/, ''), now);
  const { to, by, why } = order;
  arrivals.note(live, to);
  const moved = moveTo({ ...circumstances, because: null }, to);
  const promotion = { ...moved.promotion!, acceptedLoss: { by, why, at: now, incident } };
  const spares = [...(moved.standby == null ? [] : [moved.standby]), ...(moved.spares ?? [])];
  const sentence = `${name} moves from zone ${live} to zone ${to}, whose copy may lack acknowledged writes: ${by} gives up what only zone ${live} has${why === '' ? '' : ` (${why})`}. What was lost is told when that zone is back.`;
  return decision(site, 'accept-loss', now, { ...moved, promotion, standby: null, spares }, sentence);
}

/** What is known, before the fact, of what a move to `to` would give up. */
export interface Loss {
  from: ZoneId;
  to: ZoneId;
  /** The live copy is heard: it goes on, and waiting may lose nothing. */
  liveHeard: boolean;
  /** Acknowledged or not, so many transactions are in the live copy and not in the other; null: not known. */
  transactions: number | null;
  /** Since the copy there last heard anything from the one it follows; null: not known. */
  silentForMs: number | null;
  /** What it has received and not applied is not lost, but has to be applied first; null: not known. */
  lagMs: number | null;
  /** The same as whole sentences. */
  sentences: string[];
}

export function estimateLoss(site: SiteView, to: ZoneId): Loss {
  const { site: name, live } = site.placement;
  const heard = (site.copies.get(live)?.heardAgoMs ?? Number.POSITIVE_INFINITY) <= VIEW_FRESH_MS;
  const here = heard ? (freshReport(site, live)?.database ?? null) : null;
  const there = freshReport(site, to)?.database ?? null;
  const isRunning = here !== null && here.state === 'running';
  const transactions = isRunning && there !== null ? ahead(here.binlogPosition, received(there)) : null;
  const silentForMs = there?.heardAgoMs ?? null;
  const lagMs = there?.lag?.ms ?? null;
  const sentences = [
    isRunning
      ? `The live copy in zone ${live} answers: as long as it does, waiting until zone ${to} is in sync loses nothing.`
      : `The live copy in zone ${live} is not heard, so that nobody can tell what only it has.`,
    transactions === null
      ? `How many transactions of ${name} would be given up is not known.`
      : `${transactions} ${transactions === 1 ? 'transaction' : 'transactions'} of ${name} would be given up as of now.`,
    silentForMs === null
      ? `When the copy in zone ${to} last heard from the live one is not known.`
      : `The copy in zone ${to} last heard from the one it follows ${seconds(silentForMs)} ago: what was written since then would be lost.`,
    ...(lagMs === null || lagMs === 0
      ? []
      : [
          `It is ${seconds(lagMs)} behind in applying what it has; that is not lost, and is applied before it is live.`,
        ]),
  ];
  return { from: live, to, liveHeard: isRunning, transactions, silentForMs, lagMs, sentences };
}

function received({ receivedPosition, binlogPosition }: { receivedPosition: Gtid; binlogPosition: Gtid }): Gtid {
  return receivedPosition === '' ? binlogPosition : receivedPosition;
}

/** Difference of the sequence numbers, domain by domain; only an estimate when their histories differ. */
function ahead(live: Gtid, other: Gtid): number {
  const there = new Map(parseGtid(other).map(({ domain, sequence }) => [domain, sequence]));
  return parseGtid(live).reduce(
    (sum, { domain, sequence }) => sum + Math.max(0, sequence - (there.get(domain) ?? 0)),
    0,
  );
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
