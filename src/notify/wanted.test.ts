/** Who is told what, when: at once, not too often, grouped, not at night; over any row of happenings. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Impact, Person, Told } from '../model/index.ts';
import { aSpec } from '../store/fixtures.ts';
import { aLog, anIncident, aPerson, aScene, entry, IMPACT, NOON, placed, refusal, safe, watchOn } from './fixtures.ts';
import { type EventLog, newIncidentLog, readOn } from './happenings.ts';
import { quietUntil } from './hours.ts';
import { keyOf } from './recipients.ts';
import { MOST_AT_ONCE, PAUSE_MS } from './wanted.ts';

const closed = (site: string, at: number) => entry(site, 'close-incident', at, { kind: 'result' });

/** The entry's time is the end's; `writtenAt`: when it is there. */
function counted(site: string, writtenAt: number, change: Partial<Impact> = {}) {
  return entry(site, 'impact', writtenAt, { kind: 'result', impact: { ...IMPACT, site, ...change } });
}

/** The incident as it has been written up to each moment. */
function growing(entries: ReturnType<typeof entry>[], incident = anIncident()) {
  return (now: number): EventLog[] => {
    const log = newIncidentLog(incident, incident.split('~')[1]!);
    const written = entries
      .map((one, index) => ({ order: index + 1, entries: [one] }))
      .filter(({ entries: [one] }) => one!.at <= now);
    readOn(log, written);
    return [log];
  };
}

describe('one site', () => {
  it.each([
    ['a move', [entry('shop', 'failover')], ['moved', 'warning']],
    ['a refusal', [refusal('shop', 'no-room')], ['in-trouble', 'critical']],
    [
      'a refusal that a move follows',
      [refusal('shop', 'standby-unwell'), entry('shop', 'failover', NOON + 900)],
      ['moved', 'warning'],
    ],
    [
      'trouble after the move',
      [entry('shop', 'failover'), refusal('shop', 'no-room', NOON + 500)],
      ['in-trouble', 'critical'],
    ],
    ['a lost standby', [entry('shop', 'give-up-standby')], ['exposed', 'warning']],
    [
      'a lost standby before the move',
      [entry('shop', 'give-up-standby'), entry('shop', 'failover', NOON + 500)],
      ['moved', 'warning'],
    ],
    ['no zone for a standby', [refusal('shop', 'no-spare-zone')], ['exposed', 'warning']],
    [
      'a move that was taken back',
      [entry('shop', 'failover'), entry('shop', 'take-back', NOON + 500)],
      ['moved', 'warning'],
    ],
    ['changes given up', [entry('shop', 'accept-loss')], ['loss', 'critical']],
    [
      'trouble that ended by itself',
      [refusal('shop', 'no-room'), closed('shop', NOON + 800)],
      ['in-trouble', 'warning'],
    ],
    [
      'news',
      [entry(null, 'update', NOON, { kind: 'note', by: 'person:Olga' }), entry('shop', 'record-open')],
      ['update', 'warning'],
    ],
  ])('%s', (_, entries, [kind, severity]) => {
    const { notices } = aScene().wanted([aLog(entries.map((one) => [one]))], NOON + 8_000);
    expect(notices.map(({ notice }) => [notice.kind, notice.severity])).toEqual([[kind, severity]]);
  });

  it.each(['waiting-it-out', 'order-underway', 'freeze-window'])('nobody hears of %s', (code) => {
    expect(aScene().wanted([aLog([[refusal('shop', code)]])], NOON + 8_000).notices).toEqual([]);
  });

  it('is told within ten seconds, once, and again when it is over', () => {
    const entries = [
      entry('shop', 'failover'),
      entry('shop', 'record-open', NOON + 700),
      closed('shop', NOON + 90_000),
    ];
    const { notices } = watchOn(aScene({ placements: [safe('shop')] }), growing(entries), NOON, NOON + 200_000);
    expect(notices.map(({ kind, createdAt }) => [kind, createdAt - NOON])).toEqual([
      ['moved', 1_500],
      ['protected-again', 91_500],
    ]);
    expect(new Set(notices.map(({ id }) => id)).size).toBe(2);
  });

  it('who is told of it only when it is over gets the figures in a second one', () => {
    const entries = [entry('shop', 'failover'), closed('shop', NOON + 900), counted('shop', NOON + 9_000)];
    const scene = aScene({ placements: [safe('shop')] });
    const { notices } = watchOn(scene, growing(entries), NOON, NOON + 300_000);
    expect(notices.map(({ kind, createdAt }) => [kind, createdAt - NOON])).toEqual([
      ['moved', 2_500],
      ['protected-again', 2_500 + PAUSE_MS],
    ]);
  });

  it('who is told of the end once it is counted gets no third one', () => {
    const entries = [entry('shop', 'failover'), closed('shop', NOON + 10_000), counted('shop', NOON + 20_000)];
    const { notices } = watchOn(aScene({ placements: [safe('shop')] }), growing(entries), NOON, NOON + 300_000);
    expect(notices.map(({ kind }) => kind)).toEqual(['moved', 'protected-again']);
  });

  it('what is written before the figures does not hide them', () => {
    const update = entry(null, 'update', NOON + 5_000, { kind: 'note', by: 'person:Olga' });
    const entries = [entry('shop', 'failover'), closed('shop', NOON + 900), update, counted('shop', NOON + 90_000)];
    const { notices } = watchOn(aScene({ placements: [safe('shop')] }), growing(entries), NOON, NOON + 300_000);
    expect(notices.map(({ kind }) => kind)).toEqual(['moved', 'update', 'protected-again']);
  });

  it('trouble that comes back after all was told is not called over', () => {
    const entries = [
      entry('shop', 'failover'),
      closed('shop', NOON + 900),
      counted('shop', NOON + 9_000),
      refusal('shop', 'no-room', NOON + 10_000),
    ];
    const { notices } = watchOn(aScene({ placements: [safe('shop')] }), growing(entries), NOON, NOON + 300_000);
    expect(notices.map(({ kind }) => kind)).toEqual(['moved', 'in-trouble']);
  });

  it('who hears only of the worst does not hear that something small is over', () => {
    const people = [aPerson({ addresses: [{ channel: 'email', to: 'a@b.c', atLeast: 'critical' }] })];
    const { notices } = watchOn(
      aScene({ people }),
      growing([entry('shop', 'failover'), closed('shop', NOON + 9_000)]),
      NOON,
      NOON + 100_000,
    );
    expect(notices).toEqual([]);
  });

  it('what happened before the service was described is told to nobody', () => {
    expect(
      aScene({ service: { since: NOON + 1 } }).wanted([aLog([[entry('shop', 'failover')]])], NOON + 9_000).notices,
    ).toEqual([]);
  });
});

describe('planned moves', () => {
  const incident = anIncident('move:shop');
  it('a short one is told of once, when it is over', () => {
    const entries = [entry('shop', 'order'), entry('shop', 'switchover', NOON + 4_000)];
    const { notices } = watchOn(
      aScene({ placements: [safe('shop')] }),
      growing(entries, incident),
      NOON,
      NOON + 120_000,
    );
    expect(notices.map(({ kind, createdAt }) => [kind, createdAt - NOON])).toEqual([['planned', 19_000]]);
    expect(notices[0]!.subject).toBe('shop: moved to zone b as planned');
  });
  it('a long one when it has begun, and when it is over', () => {
    const entries = [entry('shop', 'order'), entry('shop', 'switchover', NOON + 300_000)];
    const { notices } = watchOn(
      aScene({ placements: [safe('shop')] }),
      growing(entries, incident),
      NOON,
      NOON + 400_000,
    );
    expect(notices.map(({ createdAt }) => createdAt - NOON)).toEqual([15_000, 315_000]);
  });
});

describe('many sites', () => {
  it('the figures of all of them come in one', () => {
    const sites = ['one', 'two', 'three'];
    const entries = [
      ...sites.map((site) => entry(site, 'failover')),
      ...sites.map((site) => closed(site, NOON + 900)),
      ...sites.map((site, index) => counted(site, NOON + 30_000 * (index + 1))),
    ];
    const scene = aScene({ sites: sites.map((site) => aSpec(site)), placements: sites.map((site) => safe(site)) });
    const { notices } = watchOn(scene, growing(entries), NOON, NOON + 300_000);
    expect(notices.map((notice) => [notice.createdAt - NOON, notice.sites])).toEqual([
      [2_500, sites],
      [90_000, sites],
    ]);
  });

  const names = Array.from({ length: 10_000 }, (_, index) => `shop-${index}`);
  it('ten thousand of them, moved within five seconds, are one notice a person', { timeout: 30_000 }, () => {
    const people = ['Anna', 'Bert'].map((name) =>
      aPerson({ name, addresses: [{ channel: 'email', to: `${name}@b.c`, atLeast: 'info' }] }),
    );
    const scene = aScene({
      people,
      sites: names.map((site) => aSpec(site)),
      placements: names.map((site) => placed(site)),
    });
    const whole = growing(names.map((site, index) => entry(site, 'failover', NOON + Math.floor(index / 2))))(
      NOON + 60_000,
    );
    expect(scene.wanted(whole, NOON + 5_500).notices).toEqual([]);
    const { notices } = scene.wanted(whole, NOON + 6_500);
    expect(notices.map(({ notice }) => [notice.person, notice.subject])).toEqual([
      ['Anna', '10,000 of your sites were moved to another zone and are online'],
      ['Bert', '10,000 of your sites were moved to another zone and are online'],
    ]);
    expect(notices[0]!.notice.text.length).toBeLessThan(3_000);
    expect(JSON.stringify(notices[0]!.notice.data).length).toBeLessThan(60_000);
  });

  it('thousands of people are told in several looks, each once', { timeout: 30_000 }, () => {
    const some = names.slice(0, 1_200);
    const sites = some.map((site) => aSpec(site, { notify: [`owner@${site}.test`] }));
    const scene = aScene({ people: [], sites });
    const log = aLog([some.map((site) => entry(site, 'failover'))]);
    const told: Told[] = [];
    const looks: [number, boolean][] = [];
    for (let more = true; more; ) {
      const wanted = scene.wanted([log], NOON + 8_000, told);
      told.push(...wanted.notices.flatMap((one) => one.told));
      more = wanted.more;
      looks.push([wanted.notices.length, more]);
    }
    expect(looks).toEqual([
      [MOST_AT_ONCE, true],
      [MOST_AT_ONCE, true],
      [1_200 - 2 * MOST_AT_ONCE, false],
    ]);
    expect(new Set(told.map(({ to }) => to)).size).toBe(1_200);
    expect(scene.wanted([log], NOON + 8_000, told)).toMatchObject({ notices: [], more: false });
  });

  it('each address hears of its own sites only', () => {
    const sites = [
      aSpec('one', { notify: ['x@one.test'] }),
      aSpec('two', { notify: ['https://two.test/hook', 'anna@example.org'] }),
    ];
    const scene = aScene({ sites, people: [aPerson({ sites: [] })] });
    const { notices } = scene.wanted([aLog([[entry('one', 'failover'), entry('two', 'failover')]])], NOON + 8_000);
    expect(notices.map(({ notice }) => [notice.person, notice.address.channel, notice.sites])).toEqual([
      ['x@one.test', 'email', ['one']],
      ['Anna', 'email', ['two']],
      ['https://two.test/hook', 'webhook', ['two']],
    ]);
  });
});

describe('what was lost of what a person gave up', () => {
  const gaveUp = [
    entry('shop', 'accept-loss'),
    closed('shop', NOON + 9_000),
    counted('shop', NOON + 20_000, { transactionsLost: null }),
  ];
  const known = (lost: number) =>
    counted('shop', NOON + 600_000, {
      transactionsLost: lost,
      lostIn: [{ zone: 'a', transactions: lost, folder: '/kept' }],
    });
  const told = (...entries: ReturnType<typeof entry>[]) =>
    watchOn(aScene({ placements: [safe('shop')] }), growing(entries), NOON, NOON + 700_000).notices;

  it.each([
    [3, '3 changes are missing'],
    [0, 'Nothing is missing'],
  ])('is told once the copy that had it is back: %i', (lost, words) => {
    const last = told(...gaveUp, known(lost)).at(-1)!;
    expect([last.kind, last.severity, last.subject]).toEqual([
      'loss-known',
      'warning',
      'It is known now what shop had lost',
    ]);
    expect(last.text).toContain(words);
    expect(last.text).toContain('in zone a, could be reached again');
    expect(last.data).toMatchObject({ events: [{ over: true }] });
  });
  it('and not before', () => {
    expect(told(...gaveUp).map(({ kind }) => kind)).toEqual(['loss', 'protected-again']);
  });
});

describe('at night', () => {
  const NIGHT = Date.UTC(2026, 10, 23, 1);
  const people = [aPerson({ quiet: [{ fromMinute: 22 * 60, toMinute: 7 * 60 }] })];
  it('what can wait is told in the morning, all of it in one', () => {
    const scene = aScene({ people, placements: [safe('shop')] });
    const first = growing(
      [entry('shop', 'failover', NIGHT), closed('shop', NIGHT + 60_000)],
      anIncident('zone-dark:a', NIGHT),
    );
    const second = growing(
      [entry('shop', 'give-up-standby', NIGHT + 3_600_000)],
      anIncident('standby-lost:c:shop', NIGHT + 3_600_000),
    );
    const { notices } = watchOn(
      scene,
      (now) => [...first(now), ...second(now)],
      NIGHT + 4.9 * 3_600_000,
      NIGHT + 5.1 * 3_600_000,
    );
    // 07:00 in Berlin is 06:00 UTC.
    expect(notices.map(({ createdAt, subject }) => [createdAt, subject])).toEqual([
      [Date.UTC(2026, 10, 23, 6), '2 incidents concern your sites'],
    ]);
    expect(watchOn(scene, first, NIGHT, NIGHT + 600_000).notices).toEqual([]);
  });
  it('what does not last is put into the outbox for the morning', () => {
    const event: EventLog = {
      ...aLog([]),
      event: 'plan~1',
      incident: null,
      lasting: false,
      happenings: [{ order: 1, at: NIGHT, kind: 'plan', site: 'shop', values: { stage: 'unprotected' } }],
    };
    const { notices } = aScene({ people }).wanted([event], NIGHT);
    expect(notices[0]!.notice).toMatchObject({ kind: 'plan', createdAt: NIGHT, dueAt: Date.UTC(2026, 10, 23, 6) });
  });
});

/** Rows of happenings over ten minutes around the beginning of somebody's night, to three sites and three people. */
const aRow = fc.array(
  fc.record({
    site: fc.constantFrom('one', 'two', 'three'),
    code: fc.constantFrom(
      'failover',
      'no-room',
      'give-up-standby',
      'close-incident',
      'accept-loss',
      'update',
      'no-spare-zone',
      'impact',
    ),
    afterMs: fc.integer({ min: 0, max: 90_000 }),
  }),
  { minLength: 1, maxLength: 25 },
);
const EVENING = Date.UTC(2026, 10, 23, 20, 55);
const QUIET = [{ fromMinute: 22 * 60, toMinute: 22 * 60 + 20 }];
const PEOPLE: Person[] = [
  aPerson({ name: 'All', sites: ['*'], addresses: [{ channel: 'email', to: 'all@b.c', atLeast: 'info' }] }),
  aPerson({
    name: 'Worst',
    sites: ['one', 'two'],
    addresses: [{ channel: 'email', to: 'worst@b.c', atLeast: 'critical' }],
  }),
  aPerson({
    name: 'Sleeper',
    sites: ['two', 'three'],
    quiet: QUIET,
    addresses: [
      { channel: 'email', to: 'sleeper@b.c', atLeast: 'warning' },
      { channel: 'pagerduty', to: '/key', atLeast: 'critical' },
    ],
  }),
];

function play(row: { site: string; code: string; afterMs: number }[]) {
  let at = EVENING;
  const entries = row.map(({ site, code, afterMs }) => {
    at += afterMs;
    if (code === 'update') return entry(null, 'update', at, { kind: 'note', by: 'person:Olga' });
    if (code === 'no-room' || code === 'no-spare-zone') return refusal(site, code, at);
    if (code === 'impact') return counted(site, at);
    return code === 'close-incident' ? closed(site, at) : entry(site, code, at);
  });
  const scene = aScene({ people: PEOPLE, sites: ['one', 'two', 'three'].map((site) => aSpec(site)) });
  const eventsAt = growing(entries, anIncident('zone-dark:a', EVENING));
  return { entries, ...watchOn(scene, eventsAt, EVENING, at + 30 * 60_000, 2_000) };
}

describe('over any row of happenings', () => {
  it('nobody is told more than once a minute of one incident', () => {
    fc.assert(
      fc.property(aRow, (row) => {
        const last = new Map<string, Told>();
        for (const told of play(row).told) {
          const before = last.get(told.to);
          if (before !== undefined) {
            expect(told.at - before.at).toBeGreaterThanOrEqual(PAUSE_MS);
            expect(told.sequence).toBe(before.sequence + 1);
            expect(told.upTo).toBeGreaterThan(before.upTo);
          }
          last.set(told.to, told);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('quiet hours hold back everything but what is critical, and never that', () => {
    fc.assert(
      fc.property(aRow, (row) => {
        const { entries, notices } = play(row);
        for (const notice of notices.filter(({ person }) => person === 'Sleeper')) {
          const quiet = quietUntil(QUIET, 'Europe/Berlin', notice.createdAt) !== null;
          if (quiet) expect(notice.severity).toBe('critical');
        }
        // Trouble that nothing ends or answers within the minute is told within ten seconds, or a minute after the last notice.
        const mine = entries.filter(({ site }) => site === 'two' || site === 'three');
        for (const [index, one] of mine.entries()) {
          const changed = mine.slice(index + 1).some(({ site, at }) => site === one.site && at - one.at < 70_000);
          if (one.code !== 'no-room' || changed) continue;
          const told = notices.filter(({ person, address }) => person === 'Sleeper' && address.channel === 'email');
          expect(
            told.some(
              ({ createdAt, severity }) =>
                severity === 'critical' && createdAt >= one.at && createdAt - one.at <= PAUSE_MS + 10_000,
            ),
          ).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('in the end everybody has heard of everything that concerns them', () => {
    fc.assert(
      fc.property(aRow, (row) => {
        const { entries, notices, told } = play(row);
        const heard = notices.filter(({ person }) => person === 'All');
        const concerned = entries.some(
          ({ code, site }) => site !== null && !['close-incident', 'update', 'impact'].includes(code),
        );
        expect(heard.length > 0).toBe(
          concerned ||
            entries.some(
              ({ code, site }) => code === 'update' && (site !== null || entries.some((each) => each.site !== null)),
            ),
        );
        const upTo = Math.max(0, ...told.filter((one) => one.notice === heard.at(-1)?.id).map((one) => one.upTo));
        const last = entries.findLastIndex(({ site, code }) => site !== null && code !== 'update' && code !== 'impact');
        if (heard.length > 0) expect(upTo).toBeGreaterThanOrEqual(last + 1);
      }),
      {
        numRuns: 40,
        // Figures that come twice tell nobody of a loss where nothing was given up.
        examples: [[['impact', 'impact'].map((code) => ({ site: 'one', code, afterMs: 0 }))]],
      },
    );
  });

  it('whose trouble is over has the figures in the end, once they are there', () => {
    const all = keyOf('All', { channel: 'email', to: 'all@b.c' });
    fc.assert(
      fc.property(aRow, (row) => {
        const { entries, told } = play(row);
        const { figures, happenings } = growing(entries)(Number.POSITIVE_INFINITY)[0]!;
        const upTo = Math.max(0, ...told.filter(({ to }) => to === all).map((one) => one.upTo));
        const ended = ['one', 'two', 'three'].filter(
          (site) =>
            happenings.some((one) => one.site === site && one.kind !== 'protected-again' && one.kind !== 'update') &&
            happenings.findLast((one) => one.site === site && one.kind !== 'update')?.kind === 'protected-again',
        );
        if (ended.some((site) => !figures.has(site))) return;
        for (const site of ended) expect(upTo).toBeGreaterThanOrEqual(figures.get(site)!);
      }),
      {
        numRuns: 100,
        examples: [
          [
            [
              { site: 'one', code: 'failover', afterMs: 0 },
              { site: 'one', code: 'close-incident', afterMs: 0 },
              { site: 'two', code: 'close-incident', afterMs: 0 },
              { site: 'one', code: 'impact', afterMs: 62_001 },
            ],
          ],
        ],
      },
    );
  });

  it('looked at by two controllers, the second wants the very same notice again, and nothing else', () => {
    fc.assert(
      fc.property(aRow, fc.integer({ min: 0, max: 900_000 }), (row, afterMs) => {
        const entries = row.map(({ site, code }, index) => entry(site, code, EVENING + index * 1_000));
        const scene = aScene({ people: PEOPLE, sites: ['one', 'two', 'three'].map((site) => aSpec(site)) });
        const events = growing(entries)(EVENING + 30_000);
        const [one, other] = [
          scene.wanted(events, EVENING + 30_000 + afterMs),
          scene.wanted(events, EVENING + 30_400 + afterMs),
        ];
        const slots = (wanted: typeof one) =>
          wanted.notices.flatMap(({ told }) =>
            told.map(({ event, to, sequence, notice }) => `${event} ${to} ${sequence} ${notice}`),
          );
        for (const slot of slots(one)) expect(slots(other)).toContain(slot);
      }),
      { numRuns: 40 },
    );
  });
});
