/** A client that a well-known generator makes of the document talks to a real controller: names, parameters, answers and errors fit. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'openapi-typescript-codegen';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runController } from '../src/controller/main.ts';
import { systemClock as clock } from '../src/platform/clock.ts';
import { createLog } from '../src/platform/log.ts';
import { aSpec } from '../src/store/fixtures.ts';
import { MemoryCluster, openMemoryStore } from '../src/store/memory.ts';
import { freePorts } from './support/etcd-cluster.ts';

const KEY = 'the cluster key of this test';
/** Below the checkout, so that the test runner compiles what is generated. */
const folder = mkdtempSync(join(import.meta.dirname, '../node_modules/.holdfast-client-'));
let controller: { stop(): Promise<void> };
// biome-ignore lint/suspicious/noExplicitAny: it is made while the test runs, so that nobody knows its types before.
let client: any;

beforeAll(async () => {
  const clusterKeyFile = join(folder, 'key');
  writeFileSync(clusterKeyFile, KEY, { mode: 0o600 });
  const [port] = await freePorts(1);
  const listen = `127.0.0.1:${port}`;
  const cluster = new MemoryCluster();
  const store = openMemoryStore(cluster, { clock });
  for (let index = 0; index < 12; index += 1) await store.applySite(aSpec(`site-${String(index).padStart(2, '0')}`), 1);
  const config = {
    zone: 'a',
    listen,
    clusterKeyFile,
    stateDir: folder,
    store: { endpoints: [] },
    detector: { falseAlarms: 0.1 },
  };
  controller = await runController(config, { store, clock, log: createLog('controller', {}, 'fatal') });
  const input = (await (await fetch(`http://${listen}/api/v1/openapi.json`)).json()) as Record<string, unknown>;
  await generate({ input, output: join(folder, 'client'), httpClient: 'fetch', useUnionTypes: true });
  client = await import(/* @vite-ignore */ join(folder, 'client/index.ts'));
  client.OpenAPI.BASE = `http://${listen}/api/v1`;
  client.OpenAPI.TOKEN = KEY;
}, 60_000);

afterAll(async () => {
  await controller?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('reads zones, and sites page by page', async () => {
  await vi.waitFor(async () => expect((await client.SitesService.listSites()).counts.all).toBe(12), {
    timeout: 10_000,
  });
  const first = await client.SitesService.listSites('SITE-', undefined, 8);
  const second = await client.SitesService.listSites('SITE-', undefined, 8, first.next);
  expect([...first.sites, ...second.sites].map(({ site }) => site)).toEqual(
    Array.from({ length: 12 }, (_, index) => `site-${String(index).padStart(2, '0')}`),
  );
  expect(second.next).toBeNull();
  expect(await client.SitesService.getSite('site-03')).toMatchObject({ site: 'site-03', live: 'a', phase: 'new' });
  expect(await client.ZonesService.listZones()).toMatchObject({ controller: 'a' });
});

test('changes things, and is told as a problem what cannot be', async () => {
  const { secret } = await client.TokensService.createToken({ name: 'Otto', role: 'owner', sites: ['site-01'] });
  const refused = await client.SitesService.moveSite('site-01', { to: 'b' }).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    status: expect.any(Number),
    body: { code: expect.stringMatching(/order-refused|controller-behind/) },
  });
  client.OpenAPI.TOKEN = secret;
  const forbidden = await client.SitesService.moveSite('site-01', { to: 'b' }).catch((error: unknown) => error);
  expect(forbidden).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  const others = await client.SitesService.getSite('site-02').catch((error: unknown) => error);
  expect(others).toMatchObject({ status: 404, body: { code: 'site-unknown' } });
  expect(await client.MeService.getMe()).toMatchObject({ name: 'Otto', role: 'owner', sites: ['site-01'] });
});
