import { expect, test } from 'vitest';
import type { ZoneProbe } from '../model/index.ts';
import { createQuietJudge } from './quiet.ts';

const probes = (ages: Record<string, number | null>): ZoneProbe[] =>
  Object.entries(ages).map(([zone, answeredAgoMs]) => ({ zone, answeredAgoMs, failure: null, rttMs: 1 }));

/** Calls every 20 ms, as the edge does, and answers what the last call said. */
function watch(
  judge: ReturnType<typeof createQuietJudge>,
  from: number,
  to: number,
  ages: Record<string, number | null>,
) {
  let quiet = new Set<string>();
  for (let now = from; now <= to; now += 20) quiet = judge.judge(probes(ages), now);
  return [...quiet];
}

const WELL = { a: 30, b: 30, c: 30 };

test('a zone silent for longer than the limit is quiet, and no longer once it answers', () => {
  const judge = createQuietJudge(200, 0);
  expect(watch(judge, 0, 500, WELL)).toEqual([]);
  expect(watch(judge, 520, 540, { ...WELL, a: 190 })).toEqual([]);
  expect(watch(judge, 560, 580, { ...WELL, a: 210 })).toEqual(['a']);
  expect(watch(judge, 600, 600, { ...WELL, a: 5 })).toEqual([]);
});

test('a zone that never answered is quiet, though not before there was time to ask', () => {
  const judge = createQuietJudge(200, 0);
  expect(watch(judge, 0, 180, { ...WELL, a: null })).toEqual([]);
  expect(watch(judge, 200, 220, { ...WELL, a: null })).toEqual(['a']);
});

test('everybody silent at once: it is this edge that hears nothing', () => {
  const judge = createQuietJudge(200, 0);
  watch(judge, 0, 500, WELL);
  expect(watch(judge, 520, 900, { a: 300, b: 300, c: 300 })).toEqual([]);
});

test('after a pause of our own nobody becomes quiet until answers could be read, and who was quiet stays so', () => {
  const judge = createQuietJudge(200, 0);
  watch(judge, 0, 500, { ...WELL, a: 900 });
  expect(watch(judge, 5_000, 5_180, { ...WELL, a: 5_400, b: 4_500 })).toEqual(['a']);
  expect(watch(judge, 5_200, 5_220, { ...WELL, a: 5_600, b: 4_700 })).toEqual(['a', 'b']);
});
