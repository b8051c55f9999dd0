import { expect, test } from 'vitest';
import { type News, nextPullAt, type Pulls } from './pace.ts';

const base: Pulls = { startedAt: 1_000, endedAt: 1_100, failures: 0, state: 'one' };
const told = (state: string): News => ({ state });

const rows: { name: string; pulls: Pulls | null; news: News; at: number }[] = [
  { name: 'never pulled', pulls: null, news: told('one'), at: Number.NEGATIVE_INFINITY },
  { name: 'never pulled, nothing told', pulls: null, news: { silentSince: 0 }, at: Number.NEGATIVE_INFINITY },
  { name: 'nothing has changed: the net', pulls: base, news: told('one'), at: 61_000 },
  { name: 'changed: as long after it as it took', pulls: base, news: told('two'), at: 1_200 },
  { name: 'a long pull rests 5 s at most', pulls: { ...base, startedAt: -9_000 }, news: told('two'), at: 6_100 },
  { name: 'told for the first time', pulls: { ...base, state: null }, news: told('one'), at: 1_200 },
  { name: 'silent all along: every 5 s', pulls: { ...base, state: null }, news: { silentSince: 0 }, at: 6_000 },
  {
    name: 'silent, and it takes longer than that',
    pulls: { ...base, startedAt: -9_000 },
    news: { silentSince: 0 },
    at: 6_100,
  },
  { name: 'silent just now: 5 s from then', pulls: base, news: { silentSince: 30_000 }, at: 35_000 },
  { name: 'failed once', pulls: { ...base, failures: 1 }, news: told('one'), at: 1_350 },
  { name: 'failed three times', pulls: { ...base, failures: 3 }, news: { silentSince: 0 }, at: 2_100 },
  { name: 'failed for ever', pulls: { ...base, failures: 1e6 }, news: { silentSince: 0 }, at: 6_100 },
  { name: 'failed for ever, and changed', pulls: { ...base, failures: 1e6 }, news: told('two'), at: 1_200 },
];

test.each(rows)('$name', ({ pulls, news, at }) => {
  expect(nextPullAt(pulls, news)).toBe(at);
});
