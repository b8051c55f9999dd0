/** Who is asked, in which order, at which hours; and what is sent for it. */
import { describe, expect, it } from 'vitest';
import type { OnCall, Told } from '../model/index.ts';
import { askingNotices, isExhausted } from './asking.ts';
import { anIncident, aPerson, aScene, entry, NOON, refusal } from './fixtures.ts';
import { newIncidentLog, readOn } from './happenings.ts';
import { isOnDuty, quietUntil } from './hours.ts';
import { type Asked, nextAsk } from './on-call.ts';

const people = ['Anna', 'Bert', 'Cleo'].map((name) =>
  aPerson({ name, addresses: [{ channel: 'email', to: `${name}@b.c`, atLeast: 'info' }] }),
);
const ALWAYS: OnCall = {
  shifts: people.map(({ name }) => ({ person: name, hours: [] })),
  escalateAfterMs: 300_000,
  atLeast: 'critical',
  rounds: 2,
};
const OFFICE = [{ days: [1, 2, 3, 4, 5], window: { fromMinute: 8 * 60, toMinute: 18 * 60 } }];
const NIGHTS = [{ days: [5], window: { fromMinute: 22 * 60, toMinute: 6 * 60 } }];

describe('who is next', () => {
  /** Asks again each minute; who was asked when, in minutes. */
  const play = (onCall: OnCall, from = NOON, minutes = 60): [string, number][] => {
    const asked: Asked[] = [];
    for (let minute = 0; minute < minutes; minute += 1) {
      const next = nextAsk(onCall, people, asked, from + minute * 60_000);
      if (next.next === 'ask') asked.push({ person: next.person, at: from + minute * 60_000 });
    }
    return asked.map(({ person, at }) => [person, (at - from) / 60_000]);
  };

  it('one after the other, and the list again, as many times as stated', () => {
    expect(play(ALWAYS)).toEqual([
      ['Anna', 0],
      ['Bert', 5],
      ['Cleo', 10],
      ['Anna', 15],
      ['Bert', 20],
      ['Cleo', 25],
    ]);
  });
  it('only those on duty; whoever comes on duty is asked then', () => {
    const shifts = [
      { person: 'Anna', hours: OFFICE },
      { person: 'Bert', hours: [] },
    ];
    // 07:53 in Berlin.
    expect(play({ ...ALWAYS, shifts }, Date.UTC(2026, 10, 23, 6, 53))).toEqual([
      ['Bert', 0],
      ['Bert', 5],
      ['Anna', 10],
      ['Anna', 15],
    ]);
  });
  it('nobody on duty is nobody asked', () => {
    expect(
      nextAsk({ ...ALWAYS, shifts: [{ person: 'Anna', hours: OFFICE }] }, people, [], Date.UTC(2026, 10, 22, 12)),
    ).toEqual({ next: 'nobody-on-duty' });
  });
});

describe('hours', () => {
  it.each([
    // In Berlin the clocks go back on 25 October 2026 at 03:00: 02:30 comes twice.
    ['summer', OFFICE, '2026-10-23T06:00:00Z', true],
    ['summer, an hour earlier', OFFICE, '2026-10-23T05:59:00Z', false],
    ['winter', OFFICE, '2026-10-26T07:00:00Z', true],
    ['winter, an hour earlier', OFFICE, '2026-10-26T06:59:00Z', false],
    ['a weekend', OFFICE, '2026-10-25T10:00:00Z', false],
    ['Friday night', NIGHTS, '2026-10-23T21:00:00Z', true],
    ['the morning after Friday night', NIGHTS, '2026-10-24T03:00:00Z', true],
    ['Thursday night', NIGHTS, '2026-10-22T21:00:00Z', false],
    ['the morning of Friday', NIGHTS, '2026-10-23T03:00:00Z', false],
  ])('on duty, %s', (_, hours, at, expected) => {
    expect(isOnDuty({ hours }, 'Europe/Berlin', Date.parse(at))).toBe(expected);
  });
  it.each([
    ['over midnight', [{ fromMinute: 1_320, toMinute: 420 }], '2026-11-23T22:00:00Z', '2026-11-24T06:00:00Z'],
    [
      'through the night that is an hour longer',
      [{ fromMinute: 1_320, toMinute: 420 }],
      '2026-10-24T20:30:00Z',
      '2026-10-25T06:00:00Z',
    ],
    [
      'through the night that is an hour shorter',
      [{ fromMinute: 1_320, toMinute: 420 }],
      '2026-03-28T21:30:00Z',
      '2026-03-29T05:00:00Z',
    ],
    [
      'two that follow each other',
      [
        { fromMinute: 0, toMinute: 600 },
        { fromMinute: 600, toMinute: 660 },
      ],
      '2026-11-23T01:00:00Z',
      '2026-11-23T10:00:00Z',
    ],
    ['not quiet', [{ fromMinute: 1_320, toMinute: 420 }], '2026-11-23T12:00:00Z', null],
  ])('quiet, %s', (_, windows, at, until) => {
    expect(quietUntil(windows, 'Europe/Berlin', Date.parse(at))).toBe(until === null ? null : Date.parse(until));
  });
});

describe('what is sent', () => {
  const incident = anIncident('copy-down:a:shop');
  const scene = aScene({ people, service: { onCall: ALWAYS } });
  const situation = (entries: ReturnType<typeof entry>[], now: number, told: Told[] = []) => {
    const log = newIncidentLog(incident, 'copy-down:a:shop');
    readOn(
      log,
      entries.map((one, index) => ({ order: index + 1, entries: [one] })),
    );
    return {
      log,
      told,
      now,
      knowledge: scene.knowledge,
      linkFor: (person: string) => `https://x/acknowledge/${person}`,
    };
  };
  const trouble = refusal('shop', 'no-room');

  it('the first is asked, the second after the first kept silent, and nobody more once one has taken it', () => {
    const first = askingNotices(situation([trouble], NOON + 6_000));
    expect(first.map(({ notice }) => [notice.person, notice.severity, notice.dueAt])).toEqual([
      ['Anna', 'critical', NOON + 6_000],
    ]);
    expect(first[0]!.notice.text).toContain('https://x/acknowledge/Anna');
    const told = first.flatMap((one) => one.told);
    expect(askingNotices(situation([trouble], NOON + 200_000, told))).toEqual([]);
    const second = askingNotices(situation([trouble], NOON + 306_000, told));
    expect(second.map(({ notice }) => notice.person)).toEqual(['Bert']);
    told.push(...second.flatMap((one) => one.told));
    const taken = entry(null, 'acknowledged', NOON + 400_000, { kind: 'note', by: 'person:Bert' });
    const others = askingNotices(situation([trouble, taken], NOON + 900_000, told));
    expect(others.map(({ notice }) => [notice.person, notice.subject])).toEqual([
      ['Anna', expect.stringContaining('Bert has taken the incident')],
    ]);
    told.push(...others.flatMap((one) => one.told));
    expect(askingNotices(situation([trouble, taken], NOON + 900_000, told))).toEqual([]);
    const over = entry('shop', 'close-incident', NOON + 950_000, { kind: 'result' });
    expect(
      askingNotices(situation([trouble, taken, over], NOON + 951_000, told)).map(({ notice }) => notice.person),
    ).toEqual(['Anna', 'Bert']);
  });

  it('nobody is woken for what answers itself within moments, nor for what is not bad enough', () => {
    expect(askingNotices(situation([trouble], NOON + 4_000))).toEqual([]);
    expect(askingNotices(situation([trouble, entry('shop', 'failover', NOON + 2_000)], NOON + 60_000))).toEqual([]);
    expect(askingNotices(situation([entry('shop', 'give-up-standby')], NOON + 60_000))).toEqual([]);
  });

  it('says when the list is through', () => {
    const told: Told[] = [];
    for (let minute = 1; minute < 60; minute += 1) {
      const now = situation([trouble], NOON + minute * 60_000, told);
      expect(isExhausted(now)).toBe(told.length === 6 && now.now - told[5]!.at >= ALWAYS.escalateAfterMs);
      told.push(...askingNotices(now).flatMap((one) => one.told));
    }
    expect(told).toHaveLength(6);
  });

  it('PagerDuty instead of a list: one alert, acknowledged and resolved', () => {
    const service = {
      onCall: { ...ALWAYS, shifts: [] },
      channels: { ...scene.service.channels, pagerduty: { routingKeyFile: '/key', url: 'https://x' } },
    };
    const knowledge = aScene({ people, service }).knowledge;
    const told: Told[] = [];
    const stages = [
      [trouble],
      [trouble, entry(null, 'acknowledged', NOON + 9_000, { kind: 'note', by: 'person:Bert' })],
      [
        trouble,
        entry(null, 'acknowledged', NOON + 9_000, { kind: 'note', by: 'person:Bert' }),
        entry('shop', 'close-incident', NOON + 20_000),
      ],
    ].map((entries) => {
      const notices = askingNotices({ ...situation(entries, NOON + 60_000, told), knowledge });
      told.push(...notices.flatMap((one) => one.told));
      return notices.map(({ notice }) => [notice.address.channel, notice.data.stage]);
    });
    expect(stages).toEqual([[['pagerduty', 'asked']], [['pagerduty', 'taken']], [['pagerduty', 'over']]]);
  });
});
