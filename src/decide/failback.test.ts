/** Going home: only when asked for, only into calm, only in its window, in two steps that any controller may take up. */
import { describe, expect, it, test } from 'vitest';
import { aFinding, type Case, decideShop, outcomeOf } from '../../test/support/deciding.ts';
import { aDatabase, aRoom, aView, liveDatabase, standbyDatabase } from '../../test/support/fixtures.ts';
import { type DailyWindow, type Failback, type Placement, phaseOf } from '../model/index.ts';
import { isIn } from './daily-window.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.UTC(2026, 10, 22, 3);
const QUIET: Failback = { quietMs: HOUR, window: null };
const NIGHT: DailyWindow = { fromMinute: 120, toMinute: 300 };

const away: Partial<Placement> = {
  live: 'b',
  standby: 'a',
  spares: ['c'],
  promotion: { epoch: 5, from: 'a', position: '0-1-9', open: true, acceptedLoss: null },
  committedAt: NOW - HOUR,
  protectionSince: NOW - 2 * HOUR,
  decision: 'close-incident',
  moves: [{ at: NOW - 3 * HOUR, from: 'a', to: 'b', because: 'zone-dark' }],
};
const following = (change = {}) => aView({ database: standbyDatabase({ follows: 'b', ...change }) });
const copies = { a: following(), b: aView({ database: liveDatabase({ waitsFor: 'a' }) }), c: following() };

function wants({ site, policy, ...change }: Case, placement: Partial<Placement> = {}): string {
  return outcomeOf(
    decideShop({
      now: NOW,
      policy: { failback: QUIET, ...policy },
      site: { copies, ...site, placement: { ...away, ...placement } },
      ...change,
    }),
  );
}
const spare = { standby: 'c', spares: ['a'] };

describe('the standby is at home', () => {
  test.each<[string, Case, Partial<Placement>, string]>([
    ['quiet: goes home', {}, {}, 'order'],
    ['the policy does not ask for it', { policy: { failback: null } }, {}, '–'],
    ['is at home', { site: { spec: { zones: ['b', 'a', 'c'] } } }, {}, '–'],
    ['an incident is open: that is closed first', {}, { incident: 'x' }, 'close-incident'],
    ['moved too lately', {}, { moves: [{ at: NOW - HOUR + 1, from: 'a', to: 'b', because: 'zone-dark' }] }, '–'],
    ['exposed too lately', {}, { protectionSince: NOW - HOUR + 1 }, '–'],
    ['in trouble too lately', {}, { committedAt: NOW - HOUR + 1 }, '–'],
    ['the clock went back', {}, { committedAt: NOW + HOUR }, '–'],
    ['its own zone errs', { findings: [aFinding('zone-erring', { zone: 'a' })] }, {}, '–'],
    ['trouble everywhere', { findings: [aFinding('trouble-everywhere', { zone: null })] }, {}, '–'],
    ['a third zone errs', { findings: [aFinding('zone-erring', { zone: 'c' })] }, {}, 'order'],
    ['home is not heard', { unheard: ['a'] }, {}, '–'],
    ['home has no room', { zones: { a: { room: aRoom({ cpuBusy: 0.96 }) } } }, {}, '–'],
    [
      'the copy at home does not apply',
      { site: { copies: { ...copies, a: following({ sqlRunning: false }) } } },
      {},
      '–',
    ],
    [
      'its application at home is not ready',
      {
        site: {
          copies: {
            ...copies,
            a: aView({
              database: standbyDatabase({ follows: 'b' }),
              application: { state: 'starting', stateForMs: 1, checks: [], tookMs: [] },
            }),
          },
        },
      },
      {},
      '–',
    ],
    [
      'it flapped: the limit holds for going home, too',
      { policy: { failback: { quietMs: MINUTE, window: null } } },
      {
        moves: [2, 1.5, 1].map((hours) => ({
          at: NOW - hours * HOUR + 45 * MINUTE,
          from: 'a',
          to: 'b',
          because: 'copy-down' as const,
        })),
      },
      '–',
    ],
    ['inside its window', { policy: { failback: { quietMs: HOUR, window: NIGHT } } }, {}, 'order'],
    [
      'outside its window',
      { policy: { failback: { quietMs: HOUR, window: { fromMinute: 300, toMinute: 360 } } } },
      {},
      '–',
    ],
  ])('%s', (_, change, placement, expected) => {
    expect(wants(change, placement)).toBe(expected);
  });

  it('trouble of the live copy is answered instead', () => {
    expect(wants({ findings: [aFinding('copy-down', { zone: 'b' })] })).toBe('failover');
  });
});

describe('home is a spare', () => {
  test.each<[string, Case, Partial<Placement>, string]>([
    ['quiet: is ordered home', {}, spare, 'order'],
    ['in its freeze window', { site: { spec: { freeze: [NIGHT] } } }, spare, '–'],
    ['home has been evacuated', { zones: { a: { evacuated: { at: 1, by: 'Ada', why: '' } } } }, spare, '–'],

    ['home has no role', { site: { copies: { b: copies.b, c: copies.c } } }, { standby: 'c', spares: [] }, '–'],
    [
      'its copy is being built',
      { site: { copies: { ...copies, a: aView({ database: aDatabase({ state: 'building' }) }) } } },
      spare,
      '–',
    ],
    ['reported under an older epoch', { site: { copies: { ...copies, a: aView({ epoch: 6 }) } } }, spare, '–'],
  ])('%s', (_, change, placement, expected) => {
    expect(wants(change, placement)).toBe(expected);
  });

  it('is ordered by the policy, and nothing has changed yet', () => {
    const site = { copies, placement: { ...away, ...spare } };
    const { decision } = decideShop({ now: NOW, policy: { failback: QUIET }, site });
    expect(decision!.next).toMatchObject({ live: 'b', standby: 'c', inSync: true, spares: ['a'] });
    expect(decision!.next.order).toMatchObject({ kind: 'failback', to: 'a', by: 'policy', at: NOW, holding: false });
  });
});

describe('from home a spare to live at home (I4)', () => {
  it('step by step, without an incident, and nothing more after that', () => {
    let placement: Partial<Placement> = { ...away, ...spare };
    let now = NOW;
    const codes: string[] = [];
    for (let turn = 0; turn < 2_000; turn += 1, now += 1_000) {
      const edges = [{ heardAgoMs: 40, epoch: placement.epoch ?? 7, inFlight: 0 }];
      const site = { placement, copies: obey(placement), edges };
      const { decision, refusals } = decideShop({ now, policy: { failback: { quietMs: HOUR, window: NIGHT } }, site });
      expect(refusals).toEqual([]);
      if (decision === null) continue;
      codes.push(`${decision.code} ${Math.round((now - NOW) / 1_000)}`);
      if (decision.code === 'switchover') expect(phaseOf(placement as Placement)).toBe('handing-over');
      placement = decision.next;
    }
    expect(codes).toEqual([
      'order 0',
      'prefer-target 1',
      'record-in-sync 2',
      'hand-over 3',
      'switchover 4',
      'record-promotion 5',
      'record-open 6',
      'record-in-sync 7',
    ]);
    expect(placement).toMatchObject({ live: 'a', standby: 'c', spares: ['b'], inSync: true, incident: null });
  });

  /** The agents' part, as a fake: what they report once they have made a placement true. */
  function obey({ epoch = 7, live, standby, promotion }: Partial<Placement>): Record<string, ReturnType<typeof aView>> {
    const promoted = { epoch: promotion!.epoch, position: '0-1-100' };
    const gatePosition = standby == null ? null : '0-1-50';
    const others = ['a', 'b', 'c'].filter((zone) => zone !== live);
    return {
      [live!]: aView({ epoch, promoted, database: liveDatabase({ waitsFor: standby ?? null, gatePosition }) }),
      ...Object.fromEntries(
        others.map((zone) => [
          zone,
          aView({ epoch, database: standbyDatabase({ follows: live!, acknowledges: zone === standby }) }),
        ]),
      ),
    };
  }
});

test.each([
  [null, '00:00', true],
  [NIGHT, '01:59', false],
  [NIGHT, '02:00', true],
  [NIGHT, '04:59', true],
  [NIGHT, '05:00', false],
  [{ fromMinute: 1_380, toMinute: 60 }, '23:00', true],
  [{ fromMinute: 1_380, toMinute: 60 }, '00:59', true],
  [{ fromMinute: 1_380, toMinute: 60 }, '01:00', false],
  [{ fromMinute: 1_380, toMinute: 60 }, '12:00', false],
  [{ fromMinute: 1_200, toMinute: 1_440 }, '23:59', true],
  [{ fromMinute: 1_200, toMinute: 1_440 }, '00:00', false],
])('the window %o at %s: %s', (window, time, expected) => {
  expect(isIn(window, Date.parse(`2026-11-22T${time}:30Z`))).toBe(expected);
});
