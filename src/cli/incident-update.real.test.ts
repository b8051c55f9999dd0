/** The commands themselves, against a real controller: somebody takes an incident, writes into it, and both are seen on the screens. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePorts } from '../../test/support/etcd-cluster.ts';
import { runController } from '../controller/main.ts';
import { systemClock as clock } from '../platform/clock.ts';
import { createLog } from '../platform/log.ts';
import { updatesOf } from '../record/updates.ts';
import { anEntry } from '../store/fixtures.ts';
import { newIncidentId } from '../store/keys.ts';
import { MemoryCluster, openMemoryStore } from '../store/memory.ts';

const MAIN = new URL('./main.ts', import.meta.url).pathname;
const run = promisify(execFile);
const cluster = new MemoryCluster();
const store = openMemoryStore(cluster, { clock });
const incident = newIncidentId(clock.wall(), 'zone-dark:a');
let folder: string;
let listen: string;
let controller: { stop(): Promise<void> };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hf-update-'));
  writeFileSync(join(folder, 'key'), 'the cluster key of this test', { mode: 0o600 });
  listen = `127.0.0.1:${(await freePorts(1))[0]}`;
  const config = {
    ...{ zone: 'a', listen, clusterKeyFile: join(folder, 'key'), stateDir: folder },
    ...{ store: { endpoints: [] }, detector: { falseAlarms: 0.1 } },
  };
  const parts = { store: openMemoryStore(cluster, { clock }), clock, log: createLog('controller', {}, 'fatal') };
  controller = await runController(config, parts);
  await store.appendToIncident(incident, 'begin', [anEntry({ site: 'shop', code: 'failover', at: clock.wall() })]);
});
afterAll(async () => {
  await controller.stop();
  rmSync(folder, { recursive: true });
});

async function holdfast(...words: string[]): Promise<string> {
  const all = [MAIN, ...words, '--controller', listen, '--key-file', join(folder, 'key')];
  return (await run(process.execPath, all)).stdout;
}

test('taken and written into: the state and who has it are on the screens', async () => {
  expect(await holdfast('incidents')).toContain('nobody has it');
  expect(await holdfast('ack', 'latest', '--by', 'Anna')).toBe('Anna has taken the incident.\n');
  const said = ['--state', 'identified', '--text', 'A switch is being replaced.', '--public', '--by', 'Bert'];
  expect(await holdfast('incident', 'update', 'latest', ...said)).toBe('Bert marks the incident as identified.\n');
  expect(updatesOf((await store.incident(incident))!)).toMatchObject([
    { by: 'Bert', state: 'identified', public: true },
  ]);
  expect(await holdfast('incidents')).toContain('identified, Anna has it');
  expect(await holdfast('incident', incident)).toContain(
    'identified, Anna has it\nBert: A switch is being replaced.\n',
  );
});

test('a state that there is not, and nothing said, are refused before anybody is asked', async () => {
  const update = ['incident', 'update', incident];
  await expect(holdfast(...update, '--state', 'fine', '--text', 'x')).rejects.toThrow(
    /Allowed choices are investigating/,
  );
  await expect(holdfast(...update, '--state', 'resolved')).rejects.toThrow(/--text/);
});
