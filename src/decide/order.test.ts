/** A planned move's whole life: what is refused, what carries it on, and what calls it off. */
import { describe, expect, it, test } from 'vitest';
import { aFinding, type Case, decideShop, outcomeOf } from '../../test/support/deciding.ts';
import {
  aDatabase,
  aDrill,
  anOrder,
  aRoom,
  aSite,
  aSpec,
  aView,
  aWorld,
  liveDatabase,
  type SiteChange,
  standbyDatabase,
} from '../../test/support/fixtures.ts';
import { type ApplicationReport, DEFAULT_POLICY, type Order, type Placement, phaseOf } from '../model/index.ts';
import { decide, estimateLoss, indexFindings, planOrder, type SiteView } from './index.ts';
import type { Wish } from './order.ts';

const NOW = Date.UTC(2026, 10, 22, 3);
const IDLE = [{ heardAgoMs: 40, epoch: 7, inFlight: 0 }];
const live = (change = {}) => aView({ database: liveDatabase({ transactions: { open: 0, oldestMs: 0 }, ...change }) });
const standby = (change = {}) => aView({ database: standbyDatabase(change) });
const spare = (change = {}) => aView({ database: standbyDatabase({ follows: 'b', acknowledges: false, ...change }) });
const copies = { a: live(), b: standby(), c: spare() };
const notReady: ApplicationReport = { state: 'starting', stateForMs: 1, checks: [], tookMs: [] };

/** The base site with an order to its in-sync standby, asked for this very moment. */
function ordered(order: Partial<Order>, change: SiteChange = {}): SiteChange {
  const { placement, ...rest } = change;
  const record = { spares: ['c'], protectionSince: NOW - 60_000, ...placement };
  return {
    epochForMs: 0,
    edges: IDLE,
    copies,
    ...rest,
    placement: { ...record, order: anOrder({ at: NOW, ...order }) },
  };
}
const decideNow = (change: Case) => decideShop({ now: NOW, ...change });
const outcome = (change: Case) => outcomeOf(decideNow(change));

describe('before the visitors are held', () => {
  const at = (change: SiteChange = {}, order: Partial<Order> = {}, more: Case = {}): Case => ({
    ...more,
    site: ordered(order, change),
  });
  const OLD = { a: live({ transactions: { open: 1, oldestMs: 1_400 } }) };
  test.each<[string, Case, string]>([
    ['calm, in sync: hand over', at(), 'hand-over'],
    [
      'transactions are not known: hand over',
      at({ copies: { ...copies, a: live({ transactions: null }) } }),
      'hand-over',
    ],
    [
      'a young transaction: hand over',
      at({ copies: { ...copies, a: live({ transactions: { open: 3, oldestMs: 900 } }) } }),
      'hand-over',
    ],
    ['an old transaction: wait', at({ copies: { ...copies, ...OLD } }), '–'],
    ['an old transaction, its time is over', at({ copies: { ...copies, ...OLD } }, { at: NOW - 10_000 }), 'hand-over'],
    ['the same by this controller’s own clock', at({ copies: { ...copies, ...OLD }, epochForMs: 10_000 }), 'hand-over'],
    [
      'the same by the times it was tried',
      at({ copies: { ...copies, ...OLD }, epochForMs: 2_000 }, { attempts: 4 }),
      'hand-over',
    ],
    ['tried before: a pause', at({ epochForMs: 1_900 }, { attempts: 1 }), '–'],
    ['tried before: once more', at({ epochForMs: 2_000 }, { attempts: 1 }), 'hand-over'],
    [
      'its application is not ready',
      at({ copies: { ...copies, b: aView({ database: standbyDatabase(), application: notReady }) } }),
      '– would-not-help',
    ],
    [
      'the same for two minutes',
      at({
        copies: { ...copies, b: aView({ database: standbyDatabase(), application: notReady }) },
        epochForMs: 121_000,
      }),
      'call-off',
    ],
    [
      'its database is behind',
      at({ copies: { ...copies, b: standby({ lag: { ms: 6_000, bytes: 1 } }) } }),
      '– standby-behind',
    ],
    ['no room there', at({}, {}, { zones: { b: { room: aRoom({ cpuBusy: 0.96 }) } } }), '– no-room'],
    ['its zone is not heard', at({}, {}, { unheard: ['b'] }), '– standby-unwell'],
    ['in the freeze window', at({ spec: { freeze: [{ fromMinute: 120, toMinute: 240 }] } }), '– freeze-window'],
    [
      'the live zone is in doubt',
      at({}, {}, { findings: [aFinding('zone-slow', { forMs: 1 })] }),
      'call-off waiting-it-out',
    ],
    ['the target errs', at({}, {}, { findings: [aFinding('zone-erring', { zone: 'b' })] }), 'call-off'],
    ['trouble everywhere', at({}, {}, { findings: [aFinding('trouble-everywhere', { zone: null })] }), 'call-off'],
    ['a third zone errs', at({}, {}, { findings: [aFinding('zone-erring', { zone: 'c' })] }), 'hand-over'],
    [
      'the target was evacuated meanwhile',
      at({}, {}, { zones: { b: { evacuated: { at: 1, by: 'Ada', why: '' } } } }),
      'call-off',
    ],
    ['the live zone is lost: fail over', at({}, {}, { findings: [aFinding('zone-dark')], unheard: ['a'] }), 'failover'],
    ['asked for half a day ago', at({}, { at: NOW - 13 * 3_600_000 }), 'call-off'],
    ['it lives there already', at({}, { to: 'a' }), 'call-off'],
    ['the zone is none of the site’s any more', at({ spec: { zones: ['a', 'c'] } }), 'call-off'],
  ])('%s', (_, change, expected) => {
    expect(outcome(change)).toBe(expected);
  });

  it('a lost standby is given up and takes the order with it', () => {
    const findings = [aFinding('zone-dark', { zone: 'c' }), aFinding('standby-lost', { zone: 'c' })];
    const site = ordered({ to: 'b' }, { placement: { standby: 'c', spares: ['b'] } });
    expect(decideNow({ site, findings, unheard: ['c'] }).decision).toMatchObject({
      code: 'give-up-standby',
      next: { standby: null, order: null },
    });
  });

  it('a failover takes the order with it', () => {
    const site = ordered({ to: 'c' });
    const next = decideNow({ site, findings: [aFinding('zone-dark')], unheard: ['a'] }).decision?.next;
    expect(next).toMatchObject({ live: 'b', order: null });
    expect(next?.moves.at(-1)).toEqual({ at: NOW, from: 'a', to: 'b', because: 'zone-dark' });
  });

  it('no more than ten sites hold their visitors at a time', () => {
    const crowd = (holding: number, waiting: number) => {
      const named = (site: string, order: Partial<Order>) => {
        const view = aSite(ordered(order));
        return { ...view, spec: aSpec({ site }), placement: { ...view.placement, site } };
      };
      const held = Array.from({ length: holding }, (_, at) => named(`held-${at}`, { holding: true }));
      const others = Array.from({ length: waiting }, (_, at) => named(`site-${at}`, {}));
      const world = aWorld();
      world.sites = new Map(others.map((site) => [site.placement.site, site]));
      world.placements = new Map([...held, ...others].map(({ placement }) => [placement.site, placement]));
      const verdicts = decide({ world, findings: [], now: NOW });
      return verdicts.filter(({ decision }) => decision?.code === 'hand-over').length;
    };
    expect([crowd(0, 4), crowd(0, 25), crowd(9, 25), crowd(10, 25)]).toEqual([4, 10, 1, 0]);
  });
});

describe('to a copy that is not the standby', () => {
  const to = { to: 'c' };
  test.each<[string, SiteChange, string]>([
    ['it follows: becomes the standby', ordered(to), 'prefer-target'],
    ['it does not apply: wait', ordered(to, { copies: { ...copies, c: spare({ sqlRunning: false }) } }), '–'],
    [
      'it is being built: wait',
      ordered(to, { copies: { ...copies, c: aView({ database: aDatabase({ state: 'building' }) }) } }),
      '–',
    ],
    ['it is far behind: wait', ordered(to, { copies: { ...copies, c: spare({ lag: { ms: 9_000, bytes: 1 } }) } }), '–'],
    ['there is none: it is built beside the standby', ordered(to, { placement: { spares: [] } }), 'add-spare'],
    [
      'exposed anyway: named at once',
      ordered(to, { placement: { inSync: false }, copies: { ...copies, b: standby({ acknowledges: false }) } }),
      'prefer-target',
    ],
    [
      'exposed without a standby: named at once',
      ordered(to, { placement: { inSync: false, standby: null } }),
      'prefer-target',
    ],
    [
      'it is the standby and has to be in sync',
      ordered(to, { placement: { standby: 'c', spares: ['b'], inSync: false } }),
      '–',
    ],
  ])('%s', (_, site, expected) => {
    expect(outcome({ site })).toBe(expected);
  });

  it('the one before stays the first spare', () => {
    expect(decideNow({ site: ordered(to) }).decision?.next).toMatchObject({
      standby: 'c',
      inSync: false,
      spares: ['b'],
    });
  });
});

describe('while the visitors are held', () => {
  const held = (change: SiteChange = {}, order: Partial<Order> = {}): SiteChange =>
    ordered({ holding: true, ...order }, change);
  const busy = [{ heardAgoMs: 40, epoch: 7, inFlight: 2 }];
  test.each<[string, Case, string]>([
    ['idle: switch over', { site: held() }, 'switchover'],
    ['a request is under way', { site: held({ edges: busy }) }, '–'],
    [
      'one of two edges is still at the epoch before',
      { site: held({ edges: [...IDLE, { heardAgoMs: 40, epoch: 6, inFlight: 0 }] }) },
      '–',
    ],
    [
      'one of two edges has not been heard for 2 s',
      { site: held({ edges: [...IDLE, { heardAgoMs: 2_000, epoch: 7, inFlight: 0 }] }) },
      '–',
    ],
    ['no edge is heard', { site: held({ edges: [] }) }, '–'],
    [
      'a transaction is open',
      { site: held({ copies: { ...copies, a: live({ transactions: { open: 1, oldestMs: 20 } }) } }) },
      '–',
    ],
    [
      'the live copy has not told under this epoch',
      { site: held({ copies: { ...copies, a: aView({ epoch: 6, database: liveDatabase() }) } }) },
      '–',
    ],
    ['not idle in a second: let go', { site: held({ edges: busy, epochForMs: 1_000 }) }, 'let-go'],
    [
      'not idle, and its time is over',
      { site: held({ edges: busy, epochForMs: 1_000 }, { at: NOW - 10_000 }) },
      'switchover',
    ],
    [
      'not idle, its time is over, but the second is not',
      { site: held({ edges: busy, epochForMs: 900 }, { at: NOW - 10_000 }) },
      '–',
    ],
    [
      'the standby’s application is not ready any more',
      { site: held({ copies: { ...copies, b: aView({ database: standbyDatabase(), application: notReady }) } }) },
      'let-go',
    ],
    ['the standby is out of sync', { site: held({ placement: { inSync: false } }) }, 'call-off'],
    [
      'the live copy is in doubt',
      { site: held(), findings: [aFinding('copy-down', { forMs: 100 })] },
      'call-off waiting-it-out',
    ],
    ['the live zone is lost', { site: held(), findings: [aFinding('zone-dark')], unheard: ['a'] }, 'failover'],
  ])('%s', (_, change, expected) => {
    expect(outcome(change)).toBe(expected);
  });

  it('the move is the same as a failover’s, and says which order it carried out', () => {
    const { decision } = decideNow({ site: held() });
    expect(decision?.next).toMatchObject({
      live: 'b',
      standby: 'c',
      inSync: false,
      order: null,
      promotion: { epoch: 8, from: 'a', position: null, open: false, acceptedLoss: null },
    });
    expect(decision?.next.moves.at(-1)).toEqual({
      at: NOW,
      from: 'a',
      to: 'b',
      because: null,
      order: { kind: 'move', at: NOW },
    });
  });

  it('what is let go is counted', () => {
    const { decision } = decideNow({ site: held({ edges: busy, epochForMs: 1_000 }, { attempts: 1 }) });
    expect(decision?.next.order).toMatchObject({ holding: false, attempts: 2 });
    expect(decision?.sentence).toContain('2 requests and 0 transactions were open');
  });
});

describe('asking', () => {
  const wish = (change: Partial<Wish> = {}): Wish => ({
    kind: 'move',
    to: 'b',
    by: 'Ada',
    why: '',
    drainMs: null,
    at: null,
    ...change,
  });
  const ask = ({ site, findings = [], unheard = [], zones = {} }: Case, asked: Partial<Wish> = {}) => {
    const view = aSite({ copies, ...site, spec: aSpec({ failover: DEFAULT_POLICY, ...site?.spec }) });
    const world = aWorld(view, unheard, zones);
    const plan = planOrder({ site: view, world, findings: indexFindings(findings), now: NOW }, wish(asked));
    return plan.kind === 'refusal' ? plan.refusal.code : plan.kind === 'standing' ? 'standing' : plan.code;
  };
  const evacuated = { evacuated: { at: 1, by: 'Ada', why: '' } };
  const promoting = { promotion: { epoch: 7, from: 'b', position: null, open: false, acceptedLoss: null } };
  test.each<[string, Case, Partial<Wish>, string]>([
    ['is recorded', {}, {}, 'order'],
    ['to a zone without a copy is recorded', {}, { to: 'c' }, 'order'],
    ['while exposed is recorded', { site: { placement: { inSync: false } } }, {}, 'order'],
    ['twice stands', { site: { placement: { order: anOrder() } } }, {}, 'standing'],
    ['for another zone meanwhile', { site: { placement: { order: anOrder() } } }, { to: 'c' }, 'order-underway'],
    ['during a drill', { site: { placement: { drill: aDrill() } } }, {}, 'order-underway'],
    ['to where it lives', {}, { to: 'a' }, 'not-wanted'],
    ['to a zone that is not its own', {}, { to: 'x' }, 'not-wanted'],
    ['to an evacuated zone', { zones: { b: evacuated } }, {}, 'zone-evacuated'],
    ['in the freeze window', { site: { spec: { freeze: [{ fromMinute: 120, toMinute: 240 }] } } }, {}, 'freeze-window'],
    ['while the live zone errs', { findings: [aFinding('zone-erring')] }, {}, 'not-calm'],
    ['to a zone that is not heard', { unheard: ['b'] }, {}, 'standby-unwell'],
    ['before it was set up', { site: { placement: { initialised: false } } }, {}, 'database-not-created'],
    ['while it is being promoted', { site: { placement: promoting } }, {}, 'promotion-underway'],
    ['loss accepted, but nothing has to be lost', {}, { kind: 'accept-loss', to: 'c' }, 'not-wanted'],
    ['loss accepted, exposed', { site: { placement: { inSync: false } } }, { kind: 'accept-loss' }, 'order'],
    ['loss accepted, the standby is gone as well', { unheard: ['b'] }, { kind: 'accept-loss', to: 'c' }, 'order'],
    [
      'loss accepted, in the freeze window and in trouble',
      {
        site: { placement: { inSync: false }, spec: { freeze: [{ fromMinute: 0, toMinute: 1_440 }] } },
        findings: [aFinding('zone-dark')],
        unheard: ['a'],
      },
      { kind: 'accept-loss' },
      'order',
    ],
    [
      'loss accepted, to a copy without data',
      {
        site: {
          placement: { inSync: false },
          copies: { ...copies, b: aView({ database: aDatabase({ state: 'building' }) }) },
        },
      },
      { kind: 'accept-loss' },
      'standby-unwell',
    ],
    [
      'loss accepted, to a zone that is not heard',
      { site: { placement: { inSync: false } }, unheard: ['b'] },
      { kind: 'accept-loss' },
      'standby-unwell',
    ],
    [
      'loss accepted, while it is being promoted',
      { site: { placement: promoting } },
      { kind: 'accept-loss' },
      'promotion-underway',
    ],
  ])('%s', (_, change, asked, expected) => {
    expect(ask(change, asked)).toBe(expected);
  });
});

describe('a person accepts loss', () => {
  const lost = { kind: 'accept-loss', why: 'zone a burnt' } as const;
  const dark = { findings: [aFinding('zone-dark')], unheard: ['a'] };

  it('the site moves at once, and whose word it was is on record', () => {
    const site = ordered(lost, { placement: { inSync: false, incident: 'x' } });
    const { decision, refusals } = decideNow({ site, ...dark });
    expect(decision).toMatchObject({
      code: 'accept-loss',
      next: { live: 'b', standby: null, spares: ['c'], order: null },
    });
    expect(decision?.next.promotion).toEqual({
      epoch: 8,
      from: 'a',
      position: null,
      open: false,
      acceptedLoss: { by: 'Ada', why: 'zone a burnt', at: NOW, incident: 'x' },
    });
    expect(refusals.map(({ refusal }) => refusal.code)).toEqual(['standby-not-in-sync']);
  });

  it('is called off when everything has come in sync meanwhile', () => {
    expect(outcome({ site: ordered(lost) })).toBe('call-off');
  });

  it('a failover without loss comes first', () => {
    expect(outcome({ site: ordered(lost), ...dark })).toBe('failover');
  });
});

describe('what would be given up', () => {
  const loss = (change: SiteView['copies'] extends infer _ ? Record<string, ReturnType<typeof aView>> : never) =>
    estimateLoss(aSite({ copies: change, placement: { inSync: false } }), 'b');

  it('is counted while the live copy answers', () => {
    const b = standby({ receivedPosition: '0-1-90', heardAgoMs: 4_200, lag: { ms: 1_500, bytes: 9 } });
    const known = loss({ a: live({ binlogPosition: '0-1-103' }), b });
    expect(known).toMatchObject({ transactions: 13, silentForMs: 4_200, lagMs: 1_500, liveHeard: true });
    expect(known.sentences.join(' ')).toContain('13 transactions of shop would be given up as of now.');
  });

  it('is not known when it is silent', () => {
    const known = loss({ b: standby({ heardAgoMs: 90_000 }) });
    expect(known).toMatchObject({ transactions: null, liveHeard: false });
    expect(known.sentences.join(' ')).toContain('is not known');
    expect(known.sentences.join(' ')).toContain('90.0 s ago');
  });
});

describe('a zone is evacuated', () => {
  const evacuated = { evacuated: { at: 5_000, by: 'Ada', why: 'new switches' } };
  const inA = { a: evacuated };
  const SPARE_C = { spares: ['c'] };
  const two = { a: live(), b: standby() };
  test.each<[string, Case, string]>([
    ['who lives there is ordered to its standby', { zones: inA, site: { copies, placement: SPARE_C } }, 'order'],
    [
      'who was called off a moment ago waits',
      { zones: inA, site: { copies, placement: { ...SPARE_C, decision: 'call-off' }, epochForMs: 9_000 } },
      '–',
    ],
    [
      'and is ordered again',
      { zones: inA, site: { copies, placement: { ...SPARE_C, decision: 'call-off' }, epochForMs: 10_000 } },
      'order',
    ],
    [
      'both of its zones are',
      { zones: { a: evacuated, b: evacuated, c: evacuated }, site: { copies, placement: SPARE_C } },
      '– zone-evacuated',
    ],
    [
      'exposed: it has to be protected first',
      { zones: inA, site: { copies, placement: { ...SPARE_C, inSync: false } } },
      'record-in-sync',
    ],
    [
      'in the freeze window',
      { zones: inA, site: { copies, placement: SPARE_C, spec: { freeze: [{ fromMinute: 0, toMinute: 1_440 }] } } },
      '– freeze-window',
    ],
    [
      'its standby is there: a following spare takes its place',
      { zones: { b: evacuated }, site: { copies, placement: { spares: ['c'] } } },
      'choose-standby',
    ],
    ['its standby is there: a copy is built first', { zones: { b: evacuated }, site: { copies: two } }, 'add-spare'],
    [
      'its standby is there, and nobody else is healthy',
      { zones: { b: evacuated }, unheard: ['c'], site: { copies: two } },
      '– zone-evacuated',
    ],
    ['a spare may stay there', { zones: { c: evacuated }, site: { copies, placement: { spares: ['c'] } } }, '–'],
    [
      'a standby is chosen there rather than none',
      {
        zones: { b: evacuated, c: evacuated },
        site: { copies, placement: { standby: null, inSync: false, spares: ['b', 'c'] } },
      },
      'choose-standby',
    ],
    [
      'no copy is built there',
      {
        zones: { b: evacuated, c: evacuated },
        site: { copies: {}, placement: { standby: null, inSync: false, spares: [] } },
      },
      '– no-spare-zone',
    ],
    [
      'erring elsewhere is no reason to go there',
      { zones: { b: evacuated }, site: { copies, placement: { spares: ['c'] } }, findings: [aFinding('zone-erring')] },
      'open-incident zone-evacuated',
    ],
    [
      'a dead zone is left for it all the same',
      {
        zones: { b: evacuated },
        site: { copies, placement: SPARE_C },
        findings: [aFinding('zone-dark')],
        unheard: ['a'],
      },
      'failover',
    ],
  ])('%s', (_, change, expected) => {
    expect(outcome(change)).toBe(expected);
  });

  it('the order is the one who evacuated it', () => {
    const { decision } = decideNow({ zones: inA, site: { copies, placement: SPARE_C } });
    expect(decision?.next.order).toMatchObject({
      kind: 'evacuate',
      to: 'b',
      by: 'Ada',
      why: 'new switches',
      at: 5_000,
    });
  });
});

describe('a copy more', () => {
  const three = (change: SiteChange = {}): SiteChange => ({
    copies: { a: live(), b: standby() },
    ...change,
    spec: { copies: 3, ...change.spec },
  });
  test.each<[string, Case, string]>([
    ['is built where there is a zone for it', { site: three() }, 'add-spare'],
    ['two are enough', { site: three({ spec: { copies: 2 } }) }, '–'],
    ['it is there', { site: three({ placement: { spares: ['c'] } }) }, '–'],
    ['no zone is left', { site: three({ spec: { zones: ['a', 'b'] } }) }, '–'],
    ['the zone is not healthy', { site: three(), unheard: ['c'] }, '–'],
    ['the zone has been evacuated', { site: three(), zones: { c: { evacuated: { at: 1, by: 'Ada', why: '' } } } }, '–'],
    ['an incident is open: that is closed first', { site: three({ placement: { incident: 'x' } }) }, 'close-incident'],
    ['exposed: a standby first', { site: three({ placement: { inSync: false } }) }, 'record-in-sync'],
    ['in trouble', { site: three(), findings: [aFinding('copy-slow', { forMs: 1 })] }, '– waiting-it-out'],
    [
      'a returned copy is taken in instead',
      { site: three({ copies: { a: live(), b: standby(), c: spare() } }) },
      'take-in-spare',
    ],
  ])('%s', (_, change, expected) => {
    expect(outcome(change)).toBe(expected);
  });
});

test('the phase of a held site', () => {
  const placement = aSite(ordered({ holding: true })).placement;
  expect(phaseOf(placement)).toBe('handing-over');
  expect(phaseOf({ ...placement, inSync: false } as Placement)).toBe('growing');
});
