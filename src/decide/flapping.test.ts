/** Moves between living zones wait longer each time; a wrong clock neither lifts the limit for good nor holds a site for ever. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { aFinding, decideShop, outcomeOf } from '../../test/support/deciding.ts';
import { type FindingCode, MOST_MOVES, type Move } from '../model/index.ts';
import { heldUntil } from './flapping.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const move = (agoMs: number, because: FindingCode | null = 'copy-erring'): Move => ({
  at: NOW - agoMs,
  from: 'b',
  to: 'a',
  because,
});

test.each([
  ['never moved', [], null],
  ['once, just now: ten minutes', [move(0)], 10 * MINUTE],
  ['once, nine minutes ago', [move(9 * MINUTE)], MINUTE],
  ['once, ten minutes ago', [move(10 * MINUTE)], null],
  ['twice: twenty minutes', [move(HOUR), move(0)], 20 * MINUTE],
  ['three times: forty', [move(2 * HOUR), move(HOUR), move(0)], 40 * MINUTE],
  ['eight times: 21 h 20 min', Array(8).fill(move(0)), 1_280 * MINUTE],
  ['yesterday’s do not count', [move(25 * HOUR), move(24 * HOUR), move(0)], 10 * MINUTE],
  ['leaving a dead zone does not count', [move(0, 'zone-dark')], null],
  ['nor does it start the wait anew', [move(5 * MINUTE), move(0, 'zone-dark')], 5 * MINUTE],
  ['going home counts', [move(0, null)], 10 * MINUTE],
  ['a clock that went back an hour: no time has passed', [move(-HOUR)], HOUR + 10 * MINUTE],
  ['a clock that went back a week: stamped by a wrong one', [move(-7 * DAY)], null],
  ['one that went back by nearly a day: held for no longer than a day', [move(-DAY + MINUTE)], null],
])('%s', (_, moves, forMs) => {
  expect(heldUntil({ moves }, 10 * MINUTE, NOW)).toBe(forMs === null ? null : NOW + forMs);
});

describe('the limit', () => {
  const site = { placement: { moves: [move(0)] } };
  test.each(['copy-down', 'copy-stuck', 'zone-erring', 'copy-erring', 'zone-slow', 'copy-slow'] as const)(
    'holds a site that %s speaks against, and names the time',
    (code) => {
      const verdict = decideShop({ site, findings: [aFinding(code)], now: NOW });
      expect(outcomeOf(verdict)).toBe('open-incident moved-recently');
      expect(verdict.refusals[0]!.refusal.sentence).toContain('may move again at 2026-11-22T12:10:00Z');
    },
  );

  it('is as long as the policy says, and none at all at 0', () => {
    const after = (backOffMs: number) =>
      outcomeOf(decideShop({ site, policy: { backOffMs }, findings: [aFinding('copy-down')], now: NOW + 60_000 }));
    expect([60_001, 60_000, 0].map(after)).toEqual(['open-incident moved-recently', 'failover', 'failover']);
  });

  it('never holds a site in a dead zone (I12)', () => {
    const often = { placement: { moves: Array(MOST_MOVES).fill(move(0)) } };
    const verdict = decideShop({ site: often, findings: [aFinding('zone-dark')], unheard: ['a'], now: NOW });
    expect(outcomeOf(verdict)).toBe('failover');
  });
});

it('every move is remembered with its reason, the newest so many', () => {
  const moves = Array.from({ length: MOST_MOVES }, (_, index) => move((100 - index) * DAY));
  const { decision } = decideShop({ site: { placement: { moves } }, findings: [aFinding('copy-down')], now: NOW });
  const made = { at: NOW, from: 'a', to: 'b', because: 'copy-down' };
  expect(decision!.next.moves).toEqual([...moves.slice(1), made]);
});

it('whatever the clock does, a site is held for a day at most, and not at all after a day without moves', () => {
  const stamps = fc.array(fc.integer({ min: -3 * DAY, max: 3 * DAY }), { maxLength: MOST_MOVES });
  fc.assert(
    fc.property(stamps, (agos) => {
      const until = heldUntil({ moves: agos.map((ago) => move(ago)) }, 10 * MINUTE, NOW);
      expect(until === null || (until > NOW && until <= NOW + DAY)).toBe(true);
      const later = heldUntil({ moves: agos.map((ago) => move(Math.abs(ago) + DAY)) }, 10 * MINUTE, NOW);
      expect(later).toBeNull();
    }),
  );
});

it('in any day that a clock ticks through, a site that would always move does so a few times only', () => {
  let moves: Move[] = [];
  let made = 0;
  for (let now = NOW; now < NOW + DAY; now += MINUTE) {
    if (heldUntil({ moves }, 10 * MINUTE, now) !== null) continue;
    moves = [...moves, { at: now, from: 'a', to: 'b', because: 'copy-erring' as const }].slice(-MOST_MOVES);
    made += 1;
  }
  expect(made).toBe(8);
});
