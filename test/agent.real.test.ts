/** Real agents with real databases and a real application, on the store's twin in memory; the test plays the controllers. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { runAgent } from '../src/agent/main.ts';
import { siteUser } from '../src/agent/mariadb/users.ts';
import { type AgentConfig, agentConfig } from '../src/config/programs.ts';
import { type AgentReport, type CopyReport, type Placement, portsOf, type SiteSpec } from '../src/model/index.ts';
import { systemClock } from '../src/platform/clock.ts';
import { createLog } from '../src/platform/log.ts';
import { MemoryCluster, openMemoryStore } from '../src/store/memory.ts';
import { freePort } from './support/edge-bench.ts';
import { aSpec } from './support/fixtures.ts';

const SITE = 'shop';
const LIMIT_MS = 60_000;

const APPLICATION = `
require('node:http').createServer((request, response) => {
  response.statusCode = request.url === '/ready' && request.headers.host === 'shop.example' ? 200 : 404;
  response.end(String(process.pid));
}).listen(Number(process.env.PORT), process.env.HOST);`;
const SETUP = `require('node:fs').appendFileSync(process.argv[2] + '/setups', 'once\\n');`;

let root: string;
const cluster = new MemoryCluster();
const newest = new Map<string, AgentReport>();
const controller = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/observe' });
const configs: Record<string, AgentConfig> = {};
const agents = new Map<string, { stop(): Promise<void> }>();
const admin = openMemoryStore(cluster, { clock: systemClock });

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'hf-agents-'));
  chmodSync(root, 0o755);
  writeFileSync(join(root, 'key'), 'a-cluster-key-for-tests\n', { mode: 0o600 });
  writeFileSync(join(root, 'app.cjs'), APPLICATION);
  writeFileSync(join(root, 'setup.cjs'), SETUP);
  mkdirSync(join(root, 'public'));
  writeFileSync(join(root, 'database.txt'), '{{database.user}} {{database.password}}');
  controller.on('connection', (socket) => {
    socket.on('message', (data) => {
      const report = JSON.parse(String(data)) as AgentReport;
      newest.set(report.zone, report);
    });
  });
  const { port } = controller.address() as { port: number };
  // Below the ports that the kernel gives out by itself, and not those of another run.
  const portBase = 20_000 + ((await freePort()) % 60) * 200;
  for (const zone of ['a', 'b']) {
    configs[zone] = agentConfig.parse({
      zone,
      listen: `127.0.0.1:${await freePort()}`,
      address: '127.0.0.1',
      portBase: portBase + (zone === 'a' ? 0 : 100),
      store: { endpoints: ['http://127.0.0.1:1'] },
      clusterKeyFile: join(root, 'key'),
      stateDir: join(root, zone),
      bufferPoolMb: 6,
    });
    await admin.registerZone(zone, { controller: `127.0.0.1:${port}` });
  }
});

afterAll(async () => {
  for (const agent of agents.values()) await agent.stop();
  for (const pid of pidsOf()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It had ended already.
    }
  }
  controller.close();
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

async function startAgent(zone: string): Promise<void> {
  const store = openMemoryStore(cluster, { clock: systemClock });
  newest.delete(zone);
  const log = createLog('agent', { zone }, process.env.HOLDFAST_LOG ?? 'silent');
  agents.set(zone, await runAgent(configs[zone]!, { store, log }));
}

async function stopAgent(zone: string): Promise<void> {
  await agents.get(zone)?.stop();
  agents.delete(zone);
}

/** Every process whose command names something under this test's folder. */
function pidsOf(...words: string[]): number[] {
  return execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => [root, ...words].every((word) => line.includes(word)))
    .map((line) => Number(line.trim().split(' ')[0]))
    .toSorted();
}

const copyIn = (zone: string): CopyReport | undefined => newest.get(zone)?.copies.find((copy) => copy.site === SITE);

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = systemClock.mono() + LIMIT_MS;
  while (!holds()) {
    if (systemClock.mono() > deadline) {
      throw new Error(`never came true: ${what}\n${JSON.stringify([...newest.values()].map((one) => one.copies))}`);
    }
    await systemClock.sleep(50);
  }
}

async function change(next: (now: Placement) => Partial<Placement>): Promise<Placement> {
  const now = (await admin.placement(SITE))!;
  const placement = { ...now, ...next(now), epoch: now.epoch + 1 };
  const outcomes = await admin.commit([{ expected: now.epoch, next: placement, incident: null }]);
  expect(outcomes).toEqual([{ outcome: 'committed' }]);
  return placement;
}

const settled = (zone: string, placement: Placement) => () =>
  copyIn(zone)?.epoch === placement.epoch && copyIn(zone)?.settled !== null;

/** Runs statements on a zone's copy as the site's own user. */
async function query(zone: string, sql: string): Promise<unknown> {
  const { slot } = cluster.sites.get(SITE)!;
  const connection = await createConnection({
    host: '127.0.0.1',
    port: portsOf(configs[zone]!.portBase, slot).database,
    user: siteUser(SITE),
    password: cluster.secrets.get(SITE)!.databasePassword,
    database: 'shop',
  });
  try {
    const [rows] = await connection.query(sql);
    return rows;
  } finally {
    await connection.end();
  }
}

const spec: SiteSpec = aSpec({
  zones: ['a', 'b'],
  application: {
    install: [
      { from: '', to: 'app.cjs', fill: false, link: false },
      { from: '', to: 'setup.cjs', fill: false, link: false },
      { from: '', to: 'database.txt', fill: true, link: false },
    ],
    processes: [
      {
        name: 'web',
        command: [process.execPath, '{{copy.dir}}/app.cjs'],
        environment: { PORT: '{{listen.port}}', HOST: '{{listen.host}}' },
      },
    ],
    environment: {},
    ready: { path: '/ready', timeoutMs: 1_000 },
    setup: [process.execPath, '{{copy.dir}}/setup.cjs', '{{copy.dir}}'],
    cron: null,
  },
  files: ['uploads'],
});

test('a new site goes live: its database is created, its application answers, its setup runs once', async () => {
  for (const step of spec.application.install) step.from = join(root, step.to);
  await admin.applySite(spec, systemClock.wall());
  await startAgent('a');
  await startAgent('b');
  await until('initialised in zone a', () => copyIn('a')?.initialised === true && copyIn('a')?.promoted !== null);
  const first = copyIn('a')!;
  expect(first.promoted).toEqual({ epoch: 1, position: '' });
  expect(first.settled).toBe('live');
  expect(first.application.state).toBe('ready');
  expect(first.database.writable).toBe(true);
  expect(copyIn('b'), 'zone b has nothing to do with it yet').toBeUndefined();
  const app = join(root, 'a', 'copies', SITE, 'app');
  expect(readFileSync(join(app, 'setups'), 'utf8')).toBe('once\n');
  expect(readFileSync(join(app, 'database.txt'), 'utf8')).toBe(
    `${siteUser(SITE)} ${cluster.secrets.get(SITE)!.databasePassword}`,
  );
  await query('a', 'CREATE TABLE entries (id INT PRIMARY KEY)');
  await query('a', 'INSERT INTO entries VALUES (1)');
});

test('the agent tells what its copy, its disk and its host have left', async () => {
  await until('disk and room are known', () => copyIn('a')?.database.disk !== null && !!newest.get('a')?.room);
  const { database, application } = copyIn('a')!;
  expect(database.disk).toMatchObject({ stuckForMs: 0, full: false });
  expect(database.disk!.freeBytes).toBeLessThan(database.disk!.totalBytes);
  expect(database.connections!.used).toBeGreaterThan(0);
  expect(database.connections!.most).toBeGreaterThan(database.connections!.used);
  expect(application.tookMs).toHaveLength(application.checks.length);
  expect(application.tookMs.some((ms) => ms > 0)).toBe(true);
  const { cores, cpuBusy } = newest.get('a')!.room!;
  expect(cores).toBeGreaterThan(0);
  expect(cpuBusy).toBeGreaterThan(0);
  expect(cpuBusy).toBeLessThanOrEqual(1);
});

test('an agent that is stopped and started again finds both as they were', async () => {
  await change(() => ({
    initialised: true,
    promotion: { epoch: 1, from: null, position: '', open: true, acceptedLoss: null },
  }));
  const [database, web] = [pidsOf('mariadbd', join(root, 'a')), pidsOf('app.cjs')];
  expect(database).toHaveLength(1);
  expect(web).toHaveLength(1);
  await stopAgent('a');
  expect(await query('a', 'SELECT id FROM entries')).toHaveLength(1);
  await startAgent('a');
  await until('ready again', () => copyIn('a')?.settled === 'live' && copyIn('a')?.application.state === 'ready');
  await systemClock.sleep(1_000);
  expect(pidsOf('mariadbd', join(root, 'a'))).toEqual(database);
  expect(pidsOf('app.cjs')).toEqual(web);
  await query('a', 'INSERT INTO entries VALUES (2)');
});

test('the same while the store is down', async () => {
  const [database, web] = [pidsOf('mariadbd', join(root, 'a')), pidsOf('app.cjs')];
  await stopAgent('a');
  cluster.available = false;
  await startAgent('a');
  await systemClock.sleep(2_000);
  expect(pidsOf('mariadbd', join(root, 'a'))).toEqual(database);
  expect(pidsOf('app.cjs')).toEqual(web);
  await query('a', 'INSERT INTO entries VALUES (3)');
  cluster.available = true;
  await until('ready again', () => copyIn('a')?.settled === 'live' && copyIn('a')?.application.state === 'ready');
});

test('a standby is built, comes into sync, and is promoted when its live zone dies', async () => {
  writeFileSync(join(root, 'a', 'copies', SITE, 'app', 'uploads', 'photo'), 'pixels', { mode: 0o644 });
  const growing = await change(() => ({ standby: 'b' }));
  await until('standby built', settled('b', growing));
  await until(
    'live waits for it',
    () => copyIn('a')?.database.waitsFor === 'b' && !!copyIn('b')?.database.acknowledges,
  );
  await until('the application runs there too', () => copyIn('b')?.application.state === 'ready');
  const insync = await change(() => ({ inSync: true }));
  await until('settled', settled('a', insync));
  await query('a', 'INSERT INTO entries VALUES (4)');
  await until('files mirrored', () => {
    try {
      return readFileSync(join(root, 'b', 'copies', SITE, 'app', 'uploads', 'photo'), 'utf8') === 'pixels';
    } catch {
      return false;
    }
  });

  await stopAgent('a');
  for (const pid of pidsOf('mariadbd', join(root, 'a'))) process.kill(pid, 'SIGKILL');
  const begun = systemClock.mono();
  const moved = await change(({ live, standby, epoch }) => ({
    live: standby!,
    standby: null,
    inSync: false,
    promotion: { epoch: epoch + 1, from: live, position: null, open: false, acceptedLoss: null },
  }));
  await until('promoted', () => copyIn('b')?.promoted?.epoch === moved.epoch);
  const tookMs = systemClock.mono() - begun;
  expect(copyIn('b')?.database.writable, 'before its line is on record').toBe(false);
  const { position } = copyIn('b')!.promoted!;
  const recorded = await change(({ promotion }) => ({ promotion: { ...promotion, position } }));
  await until('writable', () => copyIn('b')?.epoch === recorded.epoch && copyIn('b')?.database.writable === true);
  expect(await query('b', 'SELECT id FROM entries')).toHaveLength(4);
  await query('b', 'INSERT INTO entries VALUES (5)');
  expect(tookMs, 'from the commit to the report of the promotion').toBeLessThan(10_000);
});

test('the old live zone comes back with no role: nothing of it runs, its data stays', async () => {
  await startAgent('a');
  await until('settled without a role', () => copyIn('a')?.settled === 'none');
  expect(copyIn('a')?.application.state).toBe('stopped');
  expect(pidsOf('app.cjs', join(root, 'a'))).toEqual([]);
  expect(pidsOf('mariadbd', join(root, 'a'))).toEqual([]);
  expect(copyIn('a')?.database.state).not.toBe('absent');
});

test('taken in as a spare it follows, gives out what only it has, and the new live zone runs on', async () => {
  const uploads = (zone: string) => join(root, zone, 'copies', SITE, 'app', 'uploads');
  writeFileSync(join(uploads('a'), 'unmirrored'), 'only in a', { mode: 0o644 });
  writeFileSync(join(uploads('a'), 'photo'), 'changed in a alone', { mode: 0o644 });
  const position = copyIn('b')!.promoted!.position;
  const back = await change(({ promotion }) => ({ spares: ['a'], promotion: { ...promotion, position } }));
  await until('spare follows', () => settled('a', back)() && copyIn('a')?.database.sqlRunning === true);
  await until('caught up', () => copyIn('a')?.database.appliedPosition === copyIn('b')?.database.binlogPosition);
  expect(copyIn('b')?.application.state).toBe('ready');
  expect(copyIn('a')?.application.state).toBe('stopped');
  await until('zone b has fetched it', () => existsSync(join(uploads('b'), 'unmirrored')));
  expect(readFileSync(join(uploads('b'), 'photo'), 'utf8'), 'what the live zone has stays').toBe('pixels');
});
