/** The edge's data plane with a real nginx and real applications: routing, holding, cutting loose, surviving. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../src/platform/clock.ts';
import { type EdgeBench, HOST, startBench, steady, until } from './support/edge-bench.ts';

let bench: EdgeBench;
const sleep = (ms: number) => systemClock.sleep(ms);

describe('routes', () => {
  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench.close());

  test('a request goes to the live copy of its site, with who asked for what', async () => {
    await bench.route(1, 'a', 'b');
    const answer = await bench.get('/page?x=1', { headers: { 'x-request-id': 'mine', 'x-forwarded-for': '9.9.9.9' } });
    expect(answer).toMatchObject({ status: 200, zone: 'a' });
    expect(answer.headers['x-request-id']).toBe('mine');
    const seen = JSON.parse(answer.body) as { url: string; headers: Record<string, string> };
    expect(seen.url).toBe('/page?x=1');
    expect(seen.headers).toMatchObject({
      host: HOST,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': HOST,
      'x-request-id': 'mine',
    });
    expect(await bench.get('/', { headers: { host: 'other.example' } })).toMatchObject({ status: 404 });
  });

  test('a new epoch is effective for the very next request, and an older one never again', async () => {
    await bench.route(1, 'a', 'b');
    for (let epoch = 2; epoch < 12; epoch += 1) {
      const live = epoch % 2 === 0 ? 'b' : 'a';
      await bench.route(epoch, live);
      const answers = await Promise.all([1, 2, 3, 4].map(() => bench.get()));
      expect(answers.map(({ zone }) => zone)).toEqual([live, live, live, live]);
    }
    await bench.route(4, 'b');
    expect((await bench.get()).zone).toBe('a');
  });
});
