/** What an incident says of visitors is what the visitors themselves saw: failures exactly, waiting times within a tenth. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readClusterKey } from '../src/config/secrets.ts';
import { startLoadThread } from '../src/drill/load/thread.ts';
import { DRILL_SITES } from '../src/drill/sites.ts';
import { killZone } from '../src/local/faults.ts';
import { type Platform, startPlatform } from '../src/local/platform.ts';
import { waitUntilProtected } from '../src/local/sites.ts';
import type { Impact } from '../src/model/index.ts';
import { systemClock } from '../src/platform/clock.ts';
import { createLog } from '../src/platform/log.ts';
import { openEtcdStore } from '../src/store/etcd.ts';
import type { Store } from '../src/store/store.ts';
import { askEdges } from '../src/windows/ask-edge.ts';

const SITE = DRILL_SITES.guestbook!;
const OVER_WITHIN_MS = 90_000;

let platform: Platform;
let store: Store;
beforeAll(async () => {
  platform = await startPlatform({ name: `test-impact-${process.pid}`, siteFile: SITE.file, temporary: true });
  store = openEtcdStore({
    endpoints: platform.instance.endpoints,
    clock: systemClock,
    log: createLog('test', {}, 'error'),
  });
  await waitUntilProtected(platform.instance, SITE.name);
}, 300_000);
afterAll(async () => {
  await store?.close();
  await platform?.stop();
});

async function impactOf(): Promise<Impact> {
  const until = systemClock.mono() + OVER_WITHIN_MS;
  while (systemClock.mono() < until) {
    const written = (await store.incidents(3)).flatMap(({ entries }) => entries.flatMap(({ impact }) => impact ?? []));
    if (written.length > 0) return written[0]!;
    await systemClock.sleep(500);
  }
  throw new Error(`no impact was written: ${JSON.stringify(await store.incidentIds(3))}`);
}

/** By the edges' own word, so that both sides speak of the same seconds. */
async function disturbedSeconds({ from, to }: Impact): Promise<Set<number>> {
  const { edges } = await store.read();
  const ask = askEdges(readClusterKey(platform.instance.clusterKeyFile));
  const rows = await Promise.all(
    edges.map(({ control }) => ask.seconds(control, [SITE.name], from / 1_000, to / 1_000)),
  );
  return new Set(
    rows.flat().flatMap(({ second, failed, heldLongestMs }) => (failed > 0 || heldLongestMs > 0 ? [second] : [])),
  );
}

const quantile = (times: number[], share: number) =>
  times.toSorted((one, other) => one - other)[Math.ceil(share * times.length) - 1]!;
const within = (share: number, figure: number, truth: number) => {
  // A few milliseconds lie between the edge and the visitor.
  expect(figure).toBeGreaterThan(truth * (1 - share) - 20);
  expect(figure).toBeLessThan(truth * (1 + share) + 20);
};

it('a killed zone: the impact in the incident against the load generator', async () => {
  const { instance } = platform;
  const [host = '', port = ''] = instance.edge.listen.split(':');
  const load = startLoadThread({
    address: { host, port: Number(port) },
    host: (await store.read()).sites.find(({ spec }) => spec.site === SITE.name)!.spec.hosts[0]!,
    ...{ get: SITE.get, write: SITE.write, getsPerSecond: 50, writesPerSecond: 25, clients: 8, timeoutMs: 30_000 },
    runId: `i${systemClock.wall().toString(36)}`,
  });
  await systemClock.sleep(3_000);
  await killZone(instance, (await store.placement(SITE.name))!.live);
  await systemClock.sleep(8_000);
  const impact = await impactOf();
  const samples = await load.stop();
  expect(impact).toMatchObject({ site: SITE.name, final: true, unheard: [], transactionsLost: 0 });
  expect(impact.failed).toBe(samples.filter(({ ok }) => !ok).length);
  const seconds = await disturbedSeconds(impact);
  expect(seconds.size).toBeGreaterThan(0);
  const waits = samples
    .filter(({ ok, finishedAt }) => ok && seconds.has(Math.floor(finishedAt / 1_000)))
    .map(({ sentAt, finishedAt }) => finishedAt - sentAt);
  console.error(JSON.stringify(impact), waits.length, quantile(waits, 0.5), quantile(waits, 0.99), Math.max(...waits));
  within(0.1, impact.longestMs, Math.max(...waits));
  within(0.1, impact.p99Ms, quantile(waits, 0.99));
  within(0.1, impact.p50Ms, quantile(waits, 0.5));
  expect(impact.rtoMs).toBeGreaterThan(0);
});
