/** Real agents of several zones in this process, over a store in memory, with the test in the controllers' place: it commits placements and reads reports. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { WebSocketServer } from 'ws';
import { runAgent } from '../../src/agent/main.ts';
import { siteUser } from '../../src/agent/mariadb/users.ts';
import { type AgentConfig, agentConfig } from '../../src/config/programs.ts';
import {
  type AgentReport,
  type CopyReport,
  type Placement,
  portsOf,
  type SiteSpec,
  type ZoneId,
} from '../../src/model/index.ts';
import { systemClock as clock } from '../../src/platform/clock.ts';
import { createLog } from '../../src/platform/log.ts';
import { MemoryCluster, openMemoryStore } from '../../src/store/memory.ts';
import { freePort } from './edge-bench.ts';

export type Agents = Awaited<ReturnType<typeof createAgents>>;

const LIMIT_MS = 60_000;

/** `site`: the one that every question is about. */
export async function createAgents(site: string, zones: ZoneId[]) {
  const root = mkdtempSync(join(tmpdir(), 'hf-agents-'));
  chmodSync(root, 0o755);
  writeFileSync(join(root, 'key'), 'a-cluster-key-for-tests\n', { mode: 0o600 });
  const cluster = new MemoryCluster();
  const admin = openMemoryStore(cluster, { clock });
  const newest = new Map<ZoneId, AgentReport>();
  const controller = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/observe' });
  controller.on('connection', (socket) => {
    socket.on('message', (data) => {
      const report = JSON.parse(String(data)) as AgentReport;
      newest.set(report.zone, report);
    });
  });
  await once(controller, 'listening');
  const { port } = controller.address() as { port: number };
  // Below the ports that the kernel gives out by itself, and not those of another run.
  const portBase = 20_000 + ((await freePort()) % 60) * 200;
  const configs = new Map<ZoneId, AgentConfig>();
  const running = new Map<ZoneId, { stop(): Promise<void> }>();
  for (const [place, zone] of zones.entries()) {
    const config = agentConfig.parse({
      zone,
      listen: `127.0.0.1:${await freePort()}`,
      address: '127.0.0.1',
      portBase: portBase + place * 50,
      store: { endpoints: ['http://127.0.0.1:1'] },
      clusterKeyFile: join(root, 'key'),
      stateDir: join(root, zone),
      bufferPoolMb: 6,
      cacheMb: 16,
    });
    configs.set(zone, config);
    await admin.registerZone(zone, { controller: `127.0.0.1:${port}` });
  }

  const copyIn = (zone: ZoneId): CopyReport | undefined => newest.get(zone)?.copies.find((copy) => copy.site === site);
  const until = async (what: string, holds: () => boolean, everyMs = 20): Promise<void> => {
    const deadline = clock.mono() + LIMIT_MS;
    while (!holds()) {
      if (clock.mono() > deadline) {
        throw new Error(`never came true: ${what}\n${JSON.stringify([...newest.values()].map((one) => one.copies))}`);
      }
      await clock.sleep(everyMs);
    }
  };
  const change = async (next: (now: Placement) => Partial<Placement>): Promise<Placement> => {
    const now = (await admin.placement(site))!;
    const placement = { ...now, ...next(now), epoch: now.epoch + 1 };
    const outcomes = await admin.commit([{ expected: now.epoch, next: placement, incident: null }]);
    if (outcomes[0]?.outcome !== 'committed') throw new Error(`not committed: ${JSON.stringify(outcomes)}`);
    return placement;
  };
  const portsIn = (zone: ZoneId) => portsOf(configs.get(zone)!.portBase, cluster.sites.get(site)!.slot);

  const connect = (zone: ZoneId) =>
    createConnection({
      host: '127.0.0.1',
      port: portsIn(zone).database,
      user: siteUser(site),
      password: cluster.secrets.get(site)!.databasePassword,
      database: 'shop',
    });

  return {
    root,
    admin,
    copyIn,
    until,
    change,
    portsIn,
    copyFolder: (zone: ZoneId) => join(root, zone, 'copies', site),
    async apply(spec: SiteSpec) {
      await admin.applySite(spec, clock.wall());
    },
    async startAgent(zone: ZoneId) {
      newest.delete(zone);
      const log = createLog('agent', { zone }, process.env.HOLDFAST_LOG ?? 'silent');
      running.set(zone, await runAgent(configs.get(zone)!, { store: openMemoryStore(cluster, { clock }), log }));
    },
    async stopAgent(zone: ZoneId) {
      await running.get(zone)?.stop();
      running.delete(zone);
    },
    /** Makes `to` the in-sync standby of the live copy. */
    async protect(to: ZoneId) {
      await change(() => ({ standby: to, inSync: false, spares: [] }));
      await until(`${to} acknowledges`, () => {
        const live = [...newest.values()].find((one) => one.zone !== to && copyIn(one.zone)?.settled === 'live');
        const waitsFor = live === undefined ? null : copyIn(live.zone)?.database.waitsFor;
        return waitsFor === to && copyIn(to)?.database.acknowledges === true;
      });
      await until(`the application in ${to} is ready`, () => copyIn(to)?.application.state === 'ready');
      return change(() => ({ inSync: true }));
    },
    /** Begins a move to the standby, as a failover or a planned one does. */
    beginMove: () =>
      change(({ live, standby, epoch, promotion }) => ({
        live: standby!,
        standby: null,
        inSync: false,
        former: promotion,
        promotion: { epoch: epoch + 1, from: live, position: null, open: false, acceptedLoss: null },
      })),
    /** Records what the newly live copy has reported, and then that it takes writes. */
    async finishMove() {
      const { position } = copyIn((await admin.placement(site))!.live)!.promoted!;
      const { live, epoch } = await change(({ promotion }) => ({
        former: null,
        promotion: { ...promotion, position },
      }));
      await until('writable', () => copyIn(live)?.epoch === epoch && copyIn(live)!.database.writable);
      return change(({ promotion }) => ({ promotion: { ...promotion, open: true } }));
    },
    connect,
    /** Runs a statement on a zone's copy as the site's own user. */
    async query(zone: ZoneId, sql: string): Promise<unknown> {
      const connection = await connect(zone);
      try {
        const [rows] = await connection.query(sql);
        return rows;
      } finally {
        await connection.end();
      }
    },
    /** Every process whose command names something under this test's folder, and all of `words`. */
    pidsOf: (...words: string[]) => pidsOf(root, ...words),
    async end() {
      for (const agent of running.values()) await agent.stop();
      for (const pid of pidsOf(root)) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It had ended already.
        }
      }
      controller.close();
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function pidsOf(...words: string[]): number[] {
  return execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => words.every((word) => line.includes(word)))
    .map((line) => Number(line.trim().split(' ')[0]))
    .toSorted();
}
