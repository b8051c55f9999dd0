/** A real controller with observers over real sockets: what it saw is recorded over HTTP, and replayed to the same decision. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  aCopy,
  anAgentReport,
  anEdgeReport,
  aProbe,
  liveDatabase,
  standbyDatabase,
} from '../../test/support/fixtures.ts';
import { registerRecord } from '../cli/commands/record.ts';
import { namedPolicies } from '../cli/commands/replay.ts';
import type { Placement, Report } from '../model/index.ts';
import { createPusher } from '../observe/pusher.ts';
import { systemClock } from '../platform/clock.ts';
import { createLog } from '../platform/log.ts';
import { linesOfFile } from '../replay/file.ts';
import { replay } from '../replay/run.ts';
import { aSpec, next } from '../store/fixtures.ts';
import { MemoryCluster, openMemoryStore } from '../store/memory.ts';
import { runController } from './main.ts';

const KEY = 'a-key-for-a-test-of-recording-0123456789';
const folder = mkdtempSync(join(tmpdir(), 'hf-recording-'));
const log = createLog('test', {}, 'silent');
const cluster = new MemoryCluster();
const stops: (() => unknown)[] = [];
/** When zone a fell silent; null: it has not. */
let darkSince: number | null = null;
let address = '';

beforeAll(async () => {
  const store = openMemoryStore(cluster, { clock: systemClock });
  await store.applySite(aSpec('shop', { copies: 2 }), systemClock.wall());
  const first = (await store.placement('shop'))!;
  const protectedOnce = next(first, {
    standby: 'b',
    inSync: true,
    initialised: true,
    promotion: { ...first.promotion, position: '', open: true },
  });
  await store.commit([{ expected: first.epoch, next: protectedOnce, incident: null }]);
  const clusterKeyFile = join(folder, 'key');
  writeFileSync(clusterKeyFile, KEY, { mode: 0o600 });
  chmodSync(clusterKeyFile, 0o600);
  address = `127.0.0.1:${await freePort()}`;
  const config = {
    zone: 'c',
    listen: address,
    store: { endpoints: [] },
    clusterKeyFile,
    stateDir: join(folder, 'state'),
    detector: { falseAlarms: 0.1 },
  };
  const controller = await runController(config, { store, log });
  stops.push(() => controller.stop());
});

afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
  rmSync(folder, { recursive: true });
});
afterEach(() => {
  for (const pusher of pushers.splice(0)) pusher.stop();
});

const pushers: { stop(): void }[] = [];

/** The observers of three zones and one edge; zone a's agent falls silent with its zone. */
function observe(): void {
  let sequence = 0;
  const silentMs = () => (darkSince === null ? null : systemClock.mono() - darkSince);
  const probeOfA = () => {
    const ms = silentMs();
    return ms === null ? aProbe('a') : aProbe('a', { answeredAgoMs: ms + 40, failure: 'timeout' });
  };
  const epoch = () => cluster.placements.get('shop')!.epoch;
  const heardAgoMs = () => 20 + (silentMs() ?? 0);
  const says: (() => Report)[] = [
    () => anAgentReport('a', { copies: [aCopy({ epoch: epoch(), settled: 'live', database: liveDatabase() })] }),
    () =>
      anAgentReport('b', {
        probes: [probeOfA(), aProbe('c')],
        copies: [
          aCopy({ epoch: epoch(), settled: 'standby', database: standbyDatabase({ heardAgoMs: heardAgoMs() }) }),
        ],
      }),
    () => anAgentReport('c', { probes: [probeOfA(), aProbe('b')] }),
    () => anEdgeReport({ probes: [probeOfA(), aProbe('b'), aProbe('c')] }),
  ];
  says.forEach((say, index) => {
    pushers.push(
      createPusher({
        clock: systemClock,
        log,
        controllers: () => (index === 0 && darkSince !== null ? [] : [address]),
        clusterKey: KEY,
        everyMs: 100,
        report: () => {
          sequence += 1;
          return { ...say(), sequence };
        },
      }),
    );
  });
}

async function record(...words: string[]): Promise<void> {
  const program = new Command().exitOverride();
  registerRecord(program);
  await program.parseAsync(['record', '--controller', address, '--key-file', join(folder, 'key'), ...words], {
    from: 'user',
  });
}

const incidentOf = ({ incident }: Placement) => incident;

it('what is recorded live, and what is kept of the incident, replays to the decision that was made', async () => {
  observe();
  const live = join(folder, 'live.ndjson');
  const recorded = record('--out', live, '--for', '4s');
  await systemClock.sleep(1_500);
  darkSince = systemClock.mono();
  await recorded;
  const moved = cluster.placements.get('shop')!;
  expect(moved).toMatchObject({ live: 'b', decision: 'failover' });

  const result = await replay(live, linesOfFile(live), namedPolicies());
  expect(result.compared).toMatchObject({ differences: [] });
  expect(result.moves[0]!.move).toMatchObject({ to: 'b', because: 'zone-dark:a', counterfactual: false });
  expect(result.recorded.observers).toEqual(['agent:a', 'agent:b', 'agent:c', 'edge:edge-1']);
  expect(await replay(live, linesOfFile(live), namedPolicies())).toEqual(result);

  const kept = join(folder, 'kept.ndjson');
  await record('--out', kept, '--incident', incidentOf(moved)!);
  const again = await replay(kept, linesOfFile(kept), []);
  expect(again.recorded.incident).toBe(incidentOf(moved));
  expect(again.compared).toMatchObject({ differences: [] });
  expect(again.moves[0]!.move).toMatchObject({ to: 'b', because: 'zone-dark:a' });
  expect(again.recorded.lengthMs).toBeGreaterThan(1_500);
});

it('a recording never overwrites a file unasked, and an unknown incident is said to be unknown', async () => {
  const there = join(folder, 'there.ndjson');
  writeFileSync(there, 'mine');
  await expect(record('--out', there, '--for', '1s')).rejects.toThrow('is there already');
  expect(readFileSync(there, 'utf8')).toBe('mine');
  await expect(record('--out', join(folder, 'x'), '--incident', 'unknown')).rejects.toMatchObject({
    code: 'observations-not-kept',
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
