/** Each checker on runs written by hand: some that hold what it says, some that break it. */
import { describe, expect, it } from 'vitest';
import type { Placement, RefusalCode } from '../../src/model/index.ts';
import { newIncidentId } from '../../src/store/keys.ts';
import type { SimEvent, SimRun } from '../trace.ts';
import type { Fault } from '../world/faults.ts';
import { aCommit, aFailover, aFault, aFinding, aRun, aWrite, SITE } from './a-run.ts';
import { CHECKERS, check } from './index.ts';
import type { Case } from './people-cases.ts';
import * as people from './people-cases.ts';

const ZONE_A_DEAD: Fault = { verb: 'crash', target: { kind: 'zone', zone: 'a' } };
const ZONE_A_CUT: Fault = { verb: 'cut', from: ['a'], to: '*', ways: 'both' };
const EDGE_CUT: Fault = { verb: 'cut', from: ['edge-1'], to: '*', ways: 'both' };
const AGENT_DEAD: Fault = { verb: 'crash', target: { kind: 'agent', zone: 'c' } };
const errors = (zone: string, site: string): Fault => ({ verb: 'app-errors', zone, site, share: 1 });
const paused = (zone: string): Fault => ({ verb: 'pause', target: { kind: 'controller', zone } });
const member = (zone: string): Fault => ({ verb: 'crash', target: { kind: 'store', zone } });
const EXPOSED: Partial<Placement> = { epoch: 2, standby: null, inSync: false, decision: 'give-up-standby' };

const waiting: SimEvent[] = [
  { at: 40_000, kind: 'write-sent', write: 9, site: SITE, edge: 'edge-1' },
  { at: 40_500, kind: 'write-failed', write: 9, site: SITE, outcome: 'timeout', sentAt: 40_000 },
];
const refused = (code: RefusalCode, overAt: number | null, evidence = aFinding('zone-dark').evidence): SimEvent[] => {
  const by = 'controller:b';
  const refusal = { site: SITE, code, sentence: 'It stays.', evidence };
  const over = { at: overAt ?? 0, kind: 'refusal-over', by, site: SITE, code, epoch: 1 } as const;
  const begun: SimEvent = { at: 40_000, kind: 'refusal', by, refusal, because: aFinding('zone-dark'), epoch: 1 };
  return overAt === null ? [begun] : [begun, over];
};
const route = (at: number, epoch: number, edge = 'edge-1'): SimEvent => ({
  at,
  kind: 'route',
  edge,
  site: SITE,
  epoch,
  live: 'a',
});
const copies = (holds: Record<string, number[]>, final: Partial<Placement> = {}) => ({ holds, final });
const moved = copies({ b: [1, 2], c: [1, 2] });

/** Of the n-th site, about zone a unless told otherwise; 0: in none any more. */
const inIncident = (at: number, site: number, opened: number, zone = 'a') => {
  const incident = opened === 0 ? null : newIncidentId(opened, `zone-dark:${zone}`);
  return aCommit(at, { site: `site-${site}`, epoch: 2, incident }, { site: `site-${site}`, epoch: 1 });
};
/** … and the end of that. */
const outOfIncident = (at: number, site: number, opened: number) => {
  const incident = newIncidentId(opened, 'zone-dark:a');
  return aCommit(at, { site: `site-${site}`, epoch: 3, incident: null }, { site: `site-${site}`, epoch: 2, incident });
};

const HOLD: Case[] = [
  ['I1', 'a move that keeps everything', aRun(aFailover(40_000), moved)],
  ['I1', 'an unacknowledged write is lost', aRun(waiting)],
  ['I2', 'one can, then the other', aRun([...aFailover(40_000), ack(40_100, 'b')], moved)],
  ['I3', 'to the standby in sync', aRun(aFailover(40_000), moved)],
  [
    'I4',
    'single while the other zones are in trouble',
    aRun([
      ...aFault(0, 39_000, 80_000, { verb: 'crash', target: { kind: 'zone', zone: 'b' } }),
      ...aFault(1, 39_000, 80_000, { verb: 'crash', target: { kind: 'zone', zone: 'c' } }),
      aCommit(40_000, EXPOSED, { epoch: 1 }),
      aCommit(81_000, { epoch: 3 }, EXPOSED),
    ]),
  ],
  ['I4', 'a lost zone is left', aRun([...aFault(0, 39_400, 60_000, ZONE_A_DEAD), ...aFailover(40_000)], moved)],
  [
    'I5',
    'failures while more than the store is wrong',
    aRun([
      ...aFault(0, 39_000, 60_000, member('a')),
      ...aFault(1, 39_000, 60_000, member('b')),
      ...aFault(2, 39_000, 60_000, EDGE_CUT),
      ...waiting,
    ]),
  ],
  ['I5', 'one member down is no outage', aRun([...aFault(0, 39_000, 60_000, member('a')), ...waiting])],
  [
    'I6',
    'two observers and the zone itself',
    aRun([...aFault(0, 39_000, 60_000, ZONE_A_CUT), ...aFailover(40_000)], moved),
  ],
  [
    'I6',
    'listened first',
    aRun(
      [...aFault(0, 38_000, 39_500, paused('c')), ...aFault(1, 39_500, null, ZONE_A_DEAD), ...aFailover(40_000)],
      moved,
    ),
  ],
  [
    'I6',
    'asked the store before it was paused',
    aRun([
      ...aFault(0, 38_000, 40_000, paused('c')),
      ...aFault(1, 37_000, null, ZONE_A_DEAD),
      aCommit(
        40_050,
        { epoch: 2, live: 'b', standby: null, inSync: false, decision: 'failover' },
        { epoch: 1 },
        'zone-dark',
        37_990,
      ),
    ]),
  ],
  [
    'I7',
    'its own errors',
    aRun([...aFault(0, 30_000, null, errors('a', SITE)), ...aFailover(40_000, 'copy-erring')], moved),
  ],
  [
    'I8',
    'recorded',
    aRun([
      ...refused('standby-unwell', null),
      { at: 41_000, kind: 'incident', id: 'i', key: `refusal-${SITE}-standby-unwell-1`, codes: ['standby-unwell'] },
    ]),
  ],
  ['I8', 'over before it had to be recorded', aRun(refused('standby-unwell', 40_100))],
  ['I8', 'waiting is no incident', aRun(refused('waiting-it-out', null))],
  [
    'I8',
    'its controller is cut off from the store',
    aRun([
      ...aFault(0, 39_000, null, { verb: 'crash', target: { kind: 'zone', zone: 'b' } }),
      ...refused('standby-unwell', null),
    ]),
  ],
  ['I9', 'each write once', aRun(aWrite(40_000, 3, '0-1-3'), copies({ a: [1, 2, 3], b: [1, 2, 3] }))],
  ['I10', 'another edge is behind', aRun([route(40_000, 5), route(41_000, 4, 'edge-2'), route(42_000, 5)])],
  ['I11', 'protected again', aRun([...aFault(0, 39_000, 90_000, ZONE_A_DEAD), ...aFailover(40_000)], moved)],
  [
    'I11',
    'another fault came in between',
    aRun([
      ...aFault(0, 39_000, 90_000, ZONE_A_DEAD),
      ...aFault(1, 45_000, null, AGENT_DEAD),
      aCommit(40_000, EXPOSED, { epoch: 1 }),
    ]),
  ],
  [
    'I12',
    'left as fast as before',
    aRun([
      ...aFault(0, 19_500, 30_000, ZONE_A_DEAD),
      ...aFailover(20_000),
      ...aFault(1, 60_000, null, { verb: 'crash', target: { kind: 'zone', zone: 'b' } }),
      aCommit(
        60_700,
        { epoch: 4, live: 'c', standby: null, inSync: false, decision: 'failover' },
        { epoch: 3, live: 'b', standby: 'c' },
      ),
    ]),
  ],
  ['I13', 'deleted here, kept there', aRun([{ at: 50_000, kind: 'deleted', site: SITE, zone: 'c', writes: [1, 2] }])],
  ['I13', 'an unacknowledged tail', aRun([{ at: 50_000, kind: 'truncated', site: SITE, zone: 'a', writes: [7] }])],
  ['converges', 'protected, equal, served', aRun(aWrite(158_000, 3, '0-1-3'), copies({ a: [1, 2, 3], b: [1, 2, 3] }))],
  ['one incident', 'two sites in one', aRun([inIncident(40_000, 2, 7), inIncident(40_100, 3, 7)])],
  ['one incident', 'two zones', aRun([inIncident(40_000, 2, 7), inIncident(40_100, 3, 8, 'b')])],
  [
    'one incident',
    'the first is over',
    aRun([inIncident(40_000, 2, 7), inIncident(50_000, 2, 0), inIncident(50_100, 3, 8)]),
  ],
  ['one incident', 'long after the first', aRun([inIncident(4_000, 2, 7), inIncident(144_000, 3, 8)])],
  [
    'closed when over',
    'about another zone',
    aRun([inIncident(40_000, 2, 7), outOfIncident(60_000, 2, 7), inIncident(60_100, 2, 8, 'b')]),
  ],
  [
    'closed when over',
    'much later',
    aRun([inIncident(40_000, 2, 7), outOfIncident(60_000, 2, 7), inIncident(75_000, 2, 8)]),
  ],
  [
    'closed when over',
    'a fault has begun meanwhile',
    aRun([
      inIncident(40_000, 2, 7),
      outOfIncident(60_000, 2, 7),
      ...aFault(0, 60_050, 70_000, ZONE_A_DEAD),
      inIncident(60_100, 2, 8),
    ]),
  ],
  ['epochs', 'one by one', aRun(aFailover(40_000), moved)],
  ...['I1', 'I4', 'converges'].map(
    (name): Case => [
      name,
      'a double fault: it stands still rather than lose writes',
      aRun(
        [
          ...aFault(0, 39_000, null, ZONE_A_DEAD),
          aCommit(
            40_000,
            {
              epoch: 2,
              live: 'b',
              standby: null,
              inSync: false,
              decision: 'failover',
              promotion: { epoch: 2, from: 'a', position: null, open: false, acceptedLoss: null },
            },
            { epoch: 1 },
          ),
          { at: 42_000, kind: 'stopped-short', site: SITE, zone: 'b', epoch: 2 },
        ],
        copies({ b: [1] }),
      ),
    ],
  ),
];

const BREAK: Case[] = [
  ['I1', 'the last live copy lacks one', aRun([], copies({ a: [1], b: [1, 2] }))],
  [
    'I1',
    'promoted behind what was acknowledged',
    aRun([...aWrite(39_000, 3, '0-1-3'), ...aFailover(40_000)], copies({ b: [1, 2, 3], c: [1, 2, 3] })),
  ],
  ['I2', 'two at once', aRun([ack(40_000, 'b')])],
  [
    'I2',
    'acknowledged after the successor was promoted',
    aRun([...aFailover(40_000), ...aWrite(41_000, 3, '0-1-3')], moved),
  ],
  [
    'I3',
    'not in sync',
    aRun([
      aCommit(
        40_000,
        { epoch: 3, live: 'b', standby: null, inSync: false, decision: 'failover' },
        { epoch: 2, inSync: false },
      ),
    ]),
  ],
  [
    'I3',
    'another zone than the standby',
    aRun([aCommit(40_000, { epoch: 2, live: 'c', standby: null, inSync: false, decision: 'failover' }, { epoch: 1 })]),
  ],
  [
    'I4',
    'single although all is well',
    aRun([aCommit(40_000, EXPOSED, { epoch: 1 }), aCommit(60_000, { epoch: 3 }, EXPOSED)]),
  ],
  [
    'I4',
    'promoting while another zone is dead',
    aRun([
      ...aFault(0, 39_000, null, ZONE_A_DEAD),
      aCommit(
        40_000,
        {
          epoch: 2,
          live: 'b',
          standby: null,
          inSync: false,
          decision: 'failover',
          promotion: { epoch: 2, from: 'a', position: null, open: false, acceptedLoss: null },
        },
        { epoch: 1 },
      ),
    ]),
  ],
  ['I4', 'a lost zone is not left', aRun(aFault(0, 39_000, 60_000, ZONE_A_CUT))],
  [
    'I5',
    'a write fails while the store is down',
    aRun([...aFault(0, 39_000, 60_000, member('a')), ...aFault(1, 39_000, 60_000, member('b')), ...waiting]),
  ],
  ['I6', 'nothing was wrong', aRun(aFailover(40_000), moved)],
  ['I6', 'only an edge was cut off', aRun([...aFault(0, 38_000, 60_000, EDGE_CUT), ...aFailover(40_000)], moved)],
  [
    'I6',
    'only another agent died, and clocks jumped',
    aRun(
      [
        ...aFault(0, 38_000, 60_000, AGENT_DEAD),
        ...aFault(1, 38_000, null, { verb: 'clock-jump', place: 'b', byMs: 9_999 }),
        ...aFailover(40_000),
      ],
      moved,
    ),
  ],
  [
    'I6',
    'decided as soon as it woke',
    aRun(
      [...aFault(0, 30_000, null, ZONE_A_DEAD), ...aFault(1, 38_000, 39_950, paused('c')), ...aFailover(40_000)],
      moved,
    ),
  ],
  [
    'I6',
    'found something right after it forgot',
    aRun([
      { at: 40_000, kind: 'forgot', by: 'controller:b', stalledMs: 900 },
      { at: 40_100, kind: 'finding', by: 'controller:b', finding: aFinding('zone-dark') },
    ]),
  ],
  [
    'I7',
    'moved for another site',
    aRun([...aFault(0, 30_000, null, errors('a', 'site-2')), ...aFailover(40_000, 'zone-erring')], moved),
  ],
  [
    'I7',
    'moved to where it fares no better',
    aRun(
      [
        ...aFault(0, 30_000, null, errors('a', SITE)),
        ...aFault(1, 30_000, null, errors('b', SITE)),
        ...aFailover(40_000, 'copy-erring'),
      ],
      moved,
    ),
  ],
  ['I8', 'nowhere recorded', aRun(refused('standby-unwell', null))],
  ['I8', 'without evidence', aRun(refused('standby-unwell', 40_100, []))],
  ['I8', 'a name that no page knows', aRun(refused('no-idea' as RefusalCode, 40_100))],
  [
    'I9',
    'sent twice',
    aRun([{ at: 40_000, kind: 'write-dispatched', write: 1, site: SITE, edge: 'edge-1', zone: 'b', epoch: 2 }]),
  ],
  [
    'I9',
    'executed twice',
    aRun([{ at: 40_000, kind: 'write-executed', write: 1, site: SITE, zone: 'b', gtid: '0-2-3' }]),
  ],
  ['I10', 'back to a lower epoch', aRun([route(40_000, 5), route(41_000, 4)])],
  ['I10', 'a write by a lower epoch', aRun([route(40_000, 5), ...aWrite(41_000, 3, '0-1-3')])],
  [
    'I11',
    'still exposed',
    aRun([
      ...aFault(0, 39_000, 90_000, ZONE_A_DEAD),
      aCommit(40_000, { epoch: 2, live: 'b', standby: null, inSync: false, decision: 'failover' }, { epoch: 1 }),
    ]),
  ],
  [
    'I12',
    'held back the second time',
    aRun(
      [
        ...aFault(0, 19_500, 30_000, ZONE_A_DEAD),
        ...aFailover(20_000),
        ...aFault(1, 60_000, 90_000, { verb: 'crash', target: { kind: 'zone', zone: 'b' } }),
      ],
      moved,
    ),
  ],
  ['I13', 'deleted, and nowhere else', aRun([{ at: 50_000, kind: 'deleted', site: SITE, zone: 'c', writes: [7] }])],
  [
    'I13',
    'truncated though acknowledged',
    aRun([...aWrite(40_000, 7, '0-1-7'), { at: 50_000, kind: 'truncated', site: SITE, zone: 'a', writes: [7] }]),
  ],
  ['converges', 'still exposed at the end', aRun([], { final: { standby: null, inSync: false } })],
  ['converges', 'an incident left open', aRun([], { final: { incident: 'i' } })],
  ['converges', 'copies differ', aRun([], copies({ a: [1, 2], b: [1, 2, 3] }))],
  ['converges', 'nobody runs where it is live', aRun([], copies({ b: [1, 2] }))],
  [
    'converges',
    'moved when all was calm',
    aRun([...aFault(0, 90_000, 99_000, ZONE_A_DEAD), ...aFailover(140_000)], moved),
  ],
  [
    'converges',
    'the last visitors got no answer',
    aRun(
      [...aWrite(159_000, 4, '0-1-3'), { at: 156_000, kind: 'write-sent', write: 3, site: SITE, edge: 'edge-1' }],
      copies({ a: [1, 2, 4], b: [1, 2, 4] }),
    ),
  ],
  ['one incident', 'two about one zone', aRun([inIncident(40_000, 2, 7), inIncident(40_100, 3, 8)])],
  [
    'closed when over',
    'opened again at once',
    aRun([inIncident(40_000, 2, 7), outOfIncident(60_000, 2, 7), inIncident(60_100, 2, 8)]),
  ],
  [
    'epochs',
    'decided on an older one',
    aRun([...aFailover(40_000), aCommit(50_000, { epoch: 2, live: 'b' }, { epoch: 1 })], moved),
  ],
  ['epochs', 'a number left out', aRun([aCommit(50_000, { epoch: 3 }, { epoch: 1 })])],
  [
    'no churn',
    'given up and chosen again and again',
    aRun(
      Array.from({ length: 60 }, (_, index) =>
        aCommit(40_000 + index * 100, { epoch: 2 + index }, { epoch: 1 + index }),
      ),
    ),
  ],
];

function ack(at: number, zone: string): SimEvent {
  return { at, kind: 'can-acknowledge', site: SITE, zone, can: true, why: 'test' };
}

function breachesOf(name: string, run: SimRun): string[] {
  return CHECKERS.find((checker) => checker.name === name)!
    .check(run)
    .map(({ breach }) => breach);
}

describe('what holds is not called broken', () => {
  it.each([...HOLD, ...people.HOLD])('%s: %s', (name, _, run) => {
    expect(breachesOf(name, run)).toEqual([]);
  });

  it('a quiet run breaks nothing at all', () => {
    expect(check(aRun([]))).toEqual([]);
  });
});

describe('what is broken is seen', () => {
  it.each([...BREAK, ...people.BREAK])('%s: %s', (name, _, run) => {
    expect(breachesOf(name, run)).not.toEqual([]);
  });

  it('and no checker is without its row', () => {
    const tried = new Set([...BREAK, ...people.BREAK].map(([name]) => name));
    expect([...tried].sort()).toEqual(CHECKERS.map(({ name }) => name).sort());
  });
});
