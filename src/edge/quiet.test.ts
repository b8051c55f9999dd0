import { expect, test } from 'vitest';
import { createQuietJudge } from './quiet.ts';

/** Zones answer every 100 ms until they stop; `judge` is called every `everyMs`. Answers what each call said, by time. */
function watch(stopsAt: Record<string, number>, untilMs: number, everyMs: (now: number) => number = () => 20) {
  const judge = createQuietJudge(200, 0);
  const said: { now: number; quiet: string[] }[] = [];
  for (let now = everyMs(0); now <= untilMs; now += everyMs(now)) {
    const probes = Object.entries(stopsAt).map(([zone, stops]) => {
      const answered = stops <= 0 ? null : Math.floor(Math.min(now, stops - 1) / 100) * 100;
      return {
        zone,
        answeredAgoMs: answered === null ? null : now - answered,
        failure: null,
        rttMs: 1,
        ended: 30,
        failed: 0,
      };
    });
    said.push({ now, quiet: [...judge.judge(probes, now)] });
  }
  return said;
}

const firstQuiet = (said: ReturnType<typeof watch>, zone: string) =>
  said.find(({ quiet }) => quiet.includes(zone))?.now ?? null;

const NEVER = Number.POSITIVE_INFINITY;
const WELL = { b: NEVER, c: NEVER };

test('a zone that stops answering is quiet soon after the limit; the others never are', () => {
  const said = watch({ a: 1_000, ...WELL }, 3_000);
  // Its last answer was at 900 ms.
  expect(firstQuiet(said, 'a')).toBeGreaterThan(1_080);
  expect(firstQuiet(said, 'a')).toBeLessThanOrEqual(1_180);
  expect(firstQuiet(said, 'b')).toBeNull();
});

test('a zone that never answered is quiet, though not before there was time to ask', () => {
  const at = firstQuiet(watch({ a: 0, ...WELL }, 1_000), 'a');
  expect(at).toBeGreaterThan(200);
  expect(at).toBeLessThan(260);
});

test('a zone that answers again is not quiet any more', () => {
  const judge = createQuietJudge(200, 0);
  const other = { zone: 'b', answeredAgoMs: 1, failure: null, rttMs: 1, ended: 30, failed: 0 };
  const ask = (answeredAgoMs: number, now: number) => [
    ...judge.judge([{ zone: 'a', answeredAgoMs, failure: null, rttMs: 1, ended: 30, failed: 0 }, other], now),
  ];
  for (let now = 20; now < 400; now += 20) ask(now, now);
  expect(ask(400, 400)).toEqual(['a']);
  expect(ask(3, 420)).toEqual([]);
});

test('everybody silent at once: it is this edge that hears nothing', () => {
  expect(watch({ a: 1_000, b: 1_000, c: 1_000 }, 3_000).every(({ quiet }) => quiet.length === 0)).toBe(true);
});

test('a pause of our own makes nobody quiet', () => {
  const said = watch({ a: NEVER, ...WELL }, 10_000, (now) => (now === 2_000 ? 5_000 : 20));
  expect(said.every(({ quiet }) => quiet.length === 0)).toBe(true);
});

test('a starved edge still notices, somewhat later', () => {
  const said = watch({ a: 1_000, ...WELL }, 3_000, (now) => (now % 3 === 0 ? 130 : 110));
  expect(firstQuiet(said, 'a')).toBeLessThanOrEqual(1_800);
  expect(firstQuiet(said, 'b')).toBeNull();
});
