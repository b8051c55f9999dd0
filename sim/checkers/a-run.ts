/** A small run written by hand, in which nothing is wrong; the checkers' tests state how theirs differs. */

import type { Finding, FindingCode, Placement } from '../../src/model/index.ts';
import { aPlacement } from '../../test/support/fixtures.ts';
import type { SimEvent, SimMs, SimRun } from '../trace.ts';
import type { Fault } from '../world/faults.ts';
import type { EventOf } from './history.ts';

export const SITE = 'site-1';
export const CALM_AT = 100_000;
export const END_AT = 160_000;

/** Protected from 1 s on: live in zone a, standby in zone b. Ends that way, with two acknowledged writes, unless told otherwise. */
export function aRun(
  events: SimEvent[],
  change: { final?: Partial<Placement>; holds?: Record<string, number[]> } = {},
): SimRun {
  const placement = { ...newestIn(events), ...change.final };
  const all: SimEvent[] = [
    aCommit(1_000, { epoch: 1 }, null),
    { at: 2_000, kind: 'can-acknowledge', site: SITE, zone: 'a', can: true, why: 'live' },
    ...aWrite(3_000, 1, '0-1-1'),
    ...aWrite(4_000, 2, '0-1-2'),
    ...events,
    { at: CALM_AT, kind: 'calm' },
    { at: END_AT, kind: 'end', site: SITE, placement, holds: change.holds ?? { a: [1, 2], b: [1, 2] } },
  ];
  return { seed: 1, plan: [], events: all.sort((x, y) => x.at - y.at), calmAt: CALM_AT, endedAt: END_AT };
}

function newestIn(events: SimEvent[]): Placement {
  return events.filter((event) => event.kind === 'commit').at(-1)?.placement ?? placed({ epoch: 1 });
}

export function placed(change: Partial<Placement>): Placement {
  return aPlacement({ site: SITE, ...change });
}

export function aCommit(
  at: SimMs,
  change: Partial<Placement>,
  before: Partial<Placement> | null,
  because: FindingCode | null = null,
  decidedAt = at,
): EventOf<'commit'> {
  return {
    at,
    kind: 'commit',
    by: 'controller:c',
    placement: placed(change),
    before: before === null ? null : placed(before),
    because: because === null ? null : aFinding(because),
    decidedAt,
  };
}

/** Zone a is left for zone b, from epoch 1 to epoch 2, and the site is protected again at once (epoch 3). */
export function aFailover(at: SimMs, because: FindingCode = 'zone-dark'): SimEvent[] {
  const promotion = { epoch: 2, from: 'a', position: '0-1-2', open: true, acceptedLoss: null };
  const exposed = { epoch: 2, live: 'b', standby: null, inSync: false, decision: 'failover' };
  return [
    aCommit(at, { ...exposed, promotion: { ...promotion, position: null, open: false } }, { epoch: 1 }, because),
    { at: at + 10, kind: 'can-acknowledge', site: SITE, zone: 'a', can: false, why: 'its standby is gone' },
    { at: at + 20, kind: 'promoted', site: SITE, zone: 'b', epoch: 2, position: '0-1-2' },
    aCommit(at + 900, { epoch: 3, live: 'b', standby: 'c', promotion }, { ...exposed, promotion }),
  ];
}

export function aFinding(code: FindingCode): Finding {
  const evidence = [{ observer: 'agent:b', saw: 'no answer for 640 ms (timeout)' }];
  return { code, zone: 'a', site: null, observer: null, forMs: 600, outright: false, loadRatio: null, evidence };
}

export function aWrite(at: SimMs, write: number, gtid: string, zone = 'a', epoch = 1): SimEvent[] {
  return [
    { at, kind: 'write-sent', write, site: SITE, edge: 'edge-1' },
    { at: at + 1, kind: 'write-dispatched', write, site: SITE, edge: 'edge-1', zone, epoch },
    { at: at + 2, kind: 'write-executed', write, site: SITE, zone, gtid },
    { at: at + 3, kind: 'write-committed', write, site: SITE, zone, gtid },
    { at: at + 4, kind: 'write-acked', write, site: SITE, zone },
  ];
}

export function aFault(id: number, from: SimMs, to: SimMs | null, fault: Fault): SimEvent[] {
  const words = { verb: fault.verb, target: 'somebody' };
  const begun: SimEvent = { at: from, kind: 'fault', id, fault, detail: '', ...words };
  return to === null ? [begun] : [begun, { at: to, kind: 'heal', id, ...words }];
}
