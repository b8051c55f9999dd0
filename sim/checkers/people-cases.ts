/** Runs written by hand for the checkers of what people ask for: planned moves, evacuations, loss that was accepted. */
import type { Order, Placement } from '../../src/model/index.ts';
import type { SimEvent, SimRun } from '../trace.ts';
import { aCommit, aFailover, aFault, aRun, aWrite, SITE } from './a-run.ts';

export type Case = [checker: string, what: string, run: SimRun];

const ORDER: Order = {
  ...{ kind: 'move', to: 'b', by: 'Ada', why: '', at: 40_000 },
  ...{ drainMs: 10_000, holding: false, attempts: 0 },
};
const LOSS: Order = { ...ORDER, kind: 'accept-loss', to: 'c' };
const opened = (epoch: number) => ({ epoch, from: 'a', position: '0-1-2', open: true, acceptedLoss: null });
const EXPOSED: Partial<Placement> = { live: 'b', standby: 'c', inSync: false, order: null };
const movedTo = (holds: Record<string, number[]>) => ({ holds });

/** Asked for at 40 s, held, moved and open `openMs` later. */
function aPlannedMove(openMs: number): SimEvent[] {
  const promotion = { ...opened(4), position: null, open: false };
  return [
    aCommit(40_000, { epoch: 2, order: ORDER }, { epoch: 1 }),
    aCommit(40_100, { epoch: 3, decision: 'hand-over', order: { ...ORDER, holding: true } }, { epoch: 2 }),
    aCommit(40_200, { ...EXPOSED, epoch: 4, decision: 'switchover', promotion }, { epoch: 3 }),
    aCommit(40_200 + openMs, { ...EXPOSED, epoch: 5, decision: 'record-open', promotion: opened(4) }, EXPOSED),
    aCommit(40_300 + openMs, { live: 'b', standby: 'c', epoch: 6, promotion: opened(4) }, EXPOSED),
  ];
}

/** Sent while the visitors are held, answered `tookMs` later. */
function aHeldWrite(tookMs: number): SimEvent[] {
  return [
    { at: 40_150, kind: 'write-sent', write: 9, site: SITE, edge: 'edge-1' },
    { at: 40_150 + tookMs, kind: 'write-acked', write: 9, site: SITE, zone: 'b' },
  ];
}

/** Live in zone c by a person's word, which has the first write only; zone a had acknowledged both. */
function anAcceptedLoss(by: string): SimEvent[] {
  const promotion = { ...opened(3), position: '0-1-1', acceptedLoss: { by, why: '', at: 40_000, incident: null } };
  const live = { live: 'c', standby: 'b', spares: [], order: null };
  return [
    aCommit(40_000, { epoch: 2, order: LOSS, inSync: false }, { epoch: 1 }),
    aCommit(
      40_100,
      { ...live, epoch: 3, inSync: false, decision: 'accept-loss', promotion },
      { epoch: 2, order: LOSS },
    ),
    { at: 40_200, kind: 'promoted', site: SITE, zone: 'c', epoch: 3, position: '0-1-1', holds: [1] },
    aCommit(50_000, { ...live, epoch: 4, inSync: true, promotion }, { ...live, epoch: 3 }),
  ];
}

const aside: SimEvent = { at: 60_000, kind: 'set-aside', site: SITE, zone: 'a', writes: [1, 2] };
const kept = movedTo({ c: [1], b: [1] });
const wants = (copies: number): SimEvent => ({
  ...{ at: 0, kind: 'site', site: SITE, copies, zones: ['a', 'b', 'c'], frozen: false },
});
const zoneA = (at: number, evacuated: boolean): SimEvent => ({ at, kind: 'evacuated', zone: 'a', evacuated });
const held = (forMs: number): SimEvent => ({ at: 50_000, kind: 'held', edge: 'edge-1', site: SITE, epoch: 3, forMs });
const failed: SimEvent = {
  at: 40_300,
  kind: 'read-failed',
  site: SITE,
  edge: 'edge-1',
  outcome: 'error',
  sentAt: 40_150,
};
const lost = (at: number) => aFault(0, at, 60_000, { verb: 'crash', target: { kind: 'zone', zone: 'a' } });
const overtaken = aFailover(42_000).map((event) => (event.kind === 'commit' ? later(event) : event));
const following = (protectedAt: number): SimEvent[] => [
  aCommit(40_000, { ...EXPOSED, epoch: 2, decision: 'failover' }, { epoch: 1 }, 'zone-dark'),
  aCommit(protectedAt, { live: 'b', standby: 'c', epoch: 3 }, { ...EXPOSED, epoch: 2 }),
];

const plan = (at: number, alone: boolean): SimEvent => ({ at, kind: 'plan', site: SITE, alone });
const ALONE: Partial<Placement> = { standby: null, inSync: false, exposedBy: 'not-protected-by-plan' };
/** From protected, with a spare, to one zone. */
const shrinking = (at: number): SimEvent[] => [
  aCommit(at, { ...ALONE, epoch: 3, decision: 'unprotect', spares: ['b', 'c'] }, { epoch: 2, spares: ['c'] }),
  aCommit(at + 100, { ...ALONE, epoch: 4, decision: 'release-copy', spares: ['b'] }, { ...ALONE, spares: ['b', 'c'] }),
  aCommit(at + 200, { ...ALONE, epoch: 5, decision: 'release-copy' }, { ...ALONE, spares: ['b'] }),
];

export const HOLD: Case[] = [
  ['plans', 'shrunk in order', aRun([plan(40_000, true), ...shrinking(40_200)])],
  ['converges', 'alone by its plan', aRun([plan(40_000, true), ...shrinking(40_200)])],
  ['copies', 'one is enough', aRun([wants(3), plan(40_000, true), ...shrinking(40_200)])],
  ['I11', 'alone by its plan meanwhile', aRun([...lost(39_400), plan(40_000, true), ...shrinking(40_200)])],
  ['I1', 'what a person gave up', aRun([...anAcceptedLoss('Ada'), aside], kept)],
  ['I2', 'what was given up goes on until it hears so', aRun([...anAcceptedLoss('Ada'), able('c')], kept)],
  ['I3', 'to where a person gives something up', aRun(anAcceptedLoss('Ada'), kept)],
  ['accepted loss', 'kept aside, under a name', aRun([...anAcceptedLoss('Ada'), aside], kept)],
  ['planned moves', 'held, moved, answered', aRun([...aPlannedMove(100), ...aHeldWrite(300)])],
  [
    'planned moves',
    'with a fault near it',
    aRun([...aPlannedMove(100), failed, ...aFault(0, 39_000, 39_500, { verb: 'app-hang', zone: 'c', site: SITE })]),
  ],
  ['orders', 'moved', aRun(aPlannedMove(100))],
  ['orders', 'overtaken by a failover', aRun([...aPlannedMove(100).slice(0, 1), ...lost(41_000), ...overtaken])],
  ['holding', 'let go in time', aRun([held(2_990)])],
  ['copies', 'a zone is to be empty', aRun([wants(3), zoneA(50_000, true)], { final: { live: 'b', standby: 'c' } })],
  ['exposed', 'protected at once', aRun([...lost(39_400), ...following(40_900)])],
  [
    'I11',
    'on its way by plan just then',
    aRun([...aFault(0, 20_250, 22_000, { verb: 'crash', target: { kind: 'zone', zone: 'a' } }), ...aPlannedMove(100)]),
  ],
  ['I11', 'the third zone is evacuated', aRun([zoneA(30_000, true), ...lost(39_000)])],
];

export const BREAK: Case[] = [
  ['plans', 'nobody took its plan away', aRun(shrinking(40_200))],
  [
    'plans',
    'in the midst of a move',
    aRun([
      plan(40_000, true),
      aCommit(40_100, { ...ALONE, decision: 'unprotect', spares: ['b'] }, { order: { ...ORDER, holding: true } }),
    ]),
  ],
  [
    'plans',
    'the standby goes at once',
    aRun([plan(40_000, true), aCommit(40_100, { ...ALONE, decision: 'release-copy' }, { inSync: true })]),
  ],
  ['converges', 'still protected, against its plan', aRun([plan(40_000, true)])],
  [
    'converges',
    'alone, though its plan protects it',
    aRun([plan(30_000, true), ...shrinking(31_000), plan(50_000, false)]),
  ],
  ['copies', 'one too many', aRun([wants(3), plan(40_000, true), ...shrinking(40_200).slice(0, 2)])],
  ['I1', 'more is lost than was given up', aRun([...anAcceptedLoss('Ada'), ...aWrite(55_000, 5, '0-3-2', 'c')], kept)],
  ['I2', 'two at once, and nobody gave anything up', aRun([...aFailover(40_000), able('b'), able('a')])],
  ['I3', 'what a person gives up, without that person', aRun(anAcceptedLoss('nobody'), kept)],
  ['accepted loss', 'what was given up is nowhere', aRun(anAcceptedLoss('Ada'), kept)],
  [
    'accepted loss',
    'nobody knows any more who said so',
    aRun(
      [
        ...anAcceptedLoss('Ada'),
        aside,
        aCommit(55_000, { live: 'c', standby: 'b', epoch: 5, promotion: opened(3) }, {}),
      ],
      kept,
    ),
  ],
  ['planned moves', 'a request failed', aRun([...aPlannedMove(100), failed])],
  ['planned moves', 'a write waited', aRun([...aPlannedMove(1_300), ...aHeldWrite(1_200)])],
  ['orders', 'nothing comes of it', aRun(aPlannedMove(100).slice(0, 1))],
  ['holding', 'held on', aRun([held(3_100)])],
  ['copies', 'one too few', aRun([wants(3)], { final: { spares: [] } })],
  ['copies', 'still where it was to leave', aRun([wants(3), zoneA(50_000, true)])],
  ['exposed', 'for long, though a copy followed', aRun([...lost(39_400), ...following(42_000)])],
];

/** The same commit, one epoch on. */
function later(event: ReturnType<typeof aCommit>): SimEvent {
  const { placement } = event;
  return { ...event, placement: { ...placement, epoch: placement.epoch + 1 } };
}

function able(zone: string): SimEvent {
  return { at: 45_000, kind: 'can-acknowledge', site: SITE, zone, can: true, why: 'test' };
}
