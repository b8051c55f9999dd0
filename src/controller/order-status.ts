/** What a planned move is waiting for, in words. */
import type { SiteVerdict } from '../decide/index.ts';
import {
  type CopyReport,
  type MonoMs,
  type OrderStatus,
  type Placement,
  phaseOf,
  type SiteId,
  type Window,
  type ZoneId,
} from '../model/index.ts';
import { edgesOf } from './site-edges.ts';

export interface OrderKnown {
  verdicts: ReadonlyMap<SiteId, SiteVerdict>;
  copies: ReadonlyMap<ZoneId, ReadonlyMap<SiteId, CopyReport>>;
}

export function orderStatus(
  placement: Placement,
  { window, now }: { window: Window; now: MonoMs },
  known: OrderKnown,
): OrderStatus | null {
  const { order } = placement;
  if (order === null) return null;
  const { kind, to, by, why, at, holding, attempts } = order;
  return { kind, to, by, why, at, holding, attempts, waitsFor: waitsFor(placement, window, now, known) };
}

function waitsFor(placement: Placement, window: Window, now: MonoMs, { verdicts, copies }: OrderKnown): string {
  const { order, site, live, standby, spares } = placement;
  const to = order!.to;
  const refusal = verdicts.get(site)?.refusals[0]?.refusal;
  if (refusal !== undefined) return `waiting: ${refusal.sentence}`;
  const there = copies.get(to)?.get(site)?.database;
  const transactions = copies.get(live)?.get(site)?.database.transactions ?? null;
  if (phaseOf(placement) === 'handing-over') {
    const requests = edgesOf(site, window, now).reduce((sum, { inFlight }) => sum + inFlight, 0);
    const open = [counted(requests, 'request'), counted(transactions?.open ?? 0, 'transaction')].filter((one) => one);
    return open.length === 0 ? 'its visitors are held' : `its visitors are held, waiting for ${open.join(' and ')}`;
  }
  if (standby !== to && !spares.includes(to)) return `a copy in zone ${to} is asked for`;
  if (there?.state === 'building') {
    const { receivedBytes = 0, totalBytes = null } = there.build ?? {};
    const share = totalBytes ? ` (${Math.round((100 * receivedBytes) / totalBytes)} %)` : '';
    return `its copy in zone ${to} is being built${share}`;
  }
  if (standby !== to) return `its copy in zone ${to} has to follow`;
  if (!placement.inSync) return `its copy in zone ${to} has to be in sync`;
  if (transactions !== null && transactions.oldestMs > 1_000)
    return `waiting for a transaction that has been open for ${Math.round(transactions.oldestMs / 1_000)} s`;
  return order!.attempts > 0 ? 'not idle yet: its visitors go on, and are held again in a moment' : 'about to begin';
}

function counted(many: number, what: string): string {
  return many === 0 ? '' : `${many} ${what}${many === 1 ? '' : 's'}`;
}
