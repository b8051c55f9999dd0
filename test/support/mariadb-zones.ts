/** Three zones (network namespaces on a bridge of their own), one database object's process in each, and the faults they suffer. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';
import type { DatabaseGoal, Source } from '../../src/agent/mariadb/goal.ts';
import { siteUser } from '../../src/agent/mariadb/users.ts';
import type { ActionReport, DatabaseReport, SiteSecrets } from '../../src/model/index.ts';
import { systemClock as clock } from '../../src/platform/clock.ts';
import type { AgentFile } from './mariadb-agent.ts';

export interface Status {
  report: DatabaseReport;
  settledEpoch: number | null;
  promoted: { epoch: number; position: string } | null;
  created: boolean;
  actions: ActionReport[];
}

export interface TestZone {
  zone: string;
  host: string;
  folder: string;
  aside: string;
  source: Source;
  startAgent(): void;
  killAgent(): Promise<void>;
  status(): Promise<Status>;
  pursue(goal: DatabaseGoal, fresh?: boolean): Promise<void>;
  /** Milliseconds from the goal to writable. */
  promote(goal: DatabaseGoal): Promise<number>;
  until(what: string, test: (status: Status) => boolean, limitMs?: number): Promise<Status>;
  freeze(): void;
  thaw(): void;
  /** Ends everything in the zone at once. */
  kill(): void;
  /** Ends only the database server. */
  killServer(): void;
  cut(): void;
  heal(): void;
  /** One query as the site's user; rejects after a second. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  root(sql: string): Promise<string>;
}

export interface Zones {
  zones: TestZone[];
  site: string;
  end(): Promise<void>;
}

const PORT = 7400;
const AGENT_PORT = 7100;

export async function createZones(names: string[], change: Partial<AgentFile> = {}): Promise<Zones> {
  const tag = process.pid.toString(36).slice(-4);
  const net = `10.${100 + (process.pid % 100)}.${Math.floor(process.pid / 100) % 250}`;
  const bridge = `hm${tag}br`;
  const folder = mkdtempSync(join(tmpdir(), 'hf-maria-'));
  execFileSync('chmod', ['755', folder]);
  const secrets: SiteSecrets = {
    databasePassword: 'dbpw',
    replicationPassword: 'replpw',
    adminPassword: 'adminpw',
    siteSecret: 's',
  };
  ip('link', 'add', bridge, 'type', 'bridge');
  ip('addr', 'add', `${net}.1/24`, 'dev', bridge);
  ip('link', 'set', bridge, 'up');
  const zones = names.map((zone, index) => {
    const namespace = `hm${tag}${zone}`;
    const veth = `hm${tag}v${zone}`;
    const host = `${net}.${11 + index}`;
    ip('netns', 'add', namespace);
    ip('link', 'add', veth, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
    ip('link', 'set', veth, 'master', bridge, 'up');
    ip('-n', namespace, 'addr', 'add', `${host}/24`, 'dev', 'eth0');
    ip('-n', namespace, 'link', 'set', 'eth0', 'up');
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    return createZone({ zone, names, namespace, veth, bridge, host, root: join(folder, zone), secrets, change });
  });
  return {
    zones,
    site: 'shop',
    async end() {
      for (const zone of zones) zone.kill();
      await clock.sleep(50);
      for (const zone of names) ip('netns', 'del', `hm${tag}${zone}`);
      ip('link', 'del', bridge);
      if (process.env.KEEP === undefined) rmSync(folder, { recursive: true, force: true });
      else console.log(`kept: ${folder}`);
    },
  };
}

interface Layout {
  zone: string;
  names: string[];
  namespace: string;
  veth: string;
  bridge: string;
  host: string;
  root: string;
  secrets: SiteSecrets;
  change: Partial<AgentFile>;
}

function createZone({ zone, names, namespace, veth, bridge, host, root, secrets, change }: Layout): TestZone {
  const folder = join(root, 'copies', 'shop');
  mkdirSync(folder, { recursive: true });
  const file: AgentFile = {
    site: 'shop',
    zone,
    zones: names,
    slot: 1,
    folder,
    asideFolder: join(root, 'aside'),
    listen: { host, port: PORT },
    databaseName: 'shop_db',
    secrets,
    osUser: 'mysql',
    bufferPoolMb: 16,
    clusterKey: 'cluster-key',
    agentPort: AGENT_PORT,
    ...change,
  };
  const configPath = join(root, 'agent.json');
  writeFileSync(configPath, JSON.stringify(file), { mode: 0o600 });
  const logFd = openSync(join(root, 'agent.log'), 'a');
  let child: ChildProcess | null = null;
  let calls = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let nextId = 1;
  const pool = mysql.createPool({
    host,
    port: PORT,
    user: siteUser('shop'),
    password: secrets.databasePassword,
    database: 'shop_db',
    connectionLimit: 4,
    connectTimeout: 500,
  });

  const pids = () =>
    execFileSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);
  const signal = (name: NodeJS.Signals) => {
    for (const pid of pids()) process.kill(pid, name);
  };
  const ask = (call: string, goal?: DatabaseGoal, fresh = true): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = nextId++;
      calls.set(id, { resolve, reject });
      child!.stdin!.write(`${JSON.stringify({ id, call, goal, fresh })}\n`);
    });

  const self: TestZone = {
    zone,
    host,
    folder,
    aside: join(root, 'aside'),
    source: { zone, host, port: PORT, agent: `${host}:${AGENT_PORT}` },
    startAgent() {
      const started = spawn(
        'ip',
        [
          'netns',
          'exec',
          namespace,
          process.execPath,
          new URL('mariadb-agent.ts', import.meta.url).pathname,
          configPath,
        ],
        { stdio: ['pipe', 'pipe', logFd] },
      );
      child = started;
      const mine: typeof calls = new Map();
      calls = mine;
      started.stdin!.on('error', () => {});
      createInterface({ input: started.stdout! }).on('line', (line) => {
        const { id, result, error } = JSON.parse(line) as { id: number; result?: unknown; error?: string };
        const waiting = mine.get(id);
        mine.delete(id);
        if (error === undefined) waiting?.resolve(result);
        else waiting?.reject(new Error(error));
      });
      started.once('exit', () => {
        for (const call of mine.values()) call.reject(new Error(`the agent of zone ${zone} has ended`));
        mine.clear();
      });
    },
    async killAgent() {
      const old = child!;
      const ended = new Promise((resolve) => old.once('exit', resolve));
      old.kill('SIGKILL');
      await ended;
    },
    status: () => ask('status') as Promise<Status>,
    pursue: async (goal, fresh) => void (await ask('pursue', goal, fresh)),
    promote: (goal) => ask('promote', goal) as Promise<number>,
    async until(what, test, limitMs = 15_000) {
      const startedAt = clock.mono();
      for (;;) {
        const status = await self.status();
        if (test(status)) return status;
        if (clock.mono() - startedAt > limitMs) {
          const log = readFileSync(join(root, 'agent.log'), 'utf8').split('\n').slice(-12).join('\n');
          throw new Error(`zone ${zone}: not ${what} after ${limitMs} ms: ${JSON.stringify(status, null, 1)}\n${log}`);
        }
        await clock.sleep(10);
      }
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    kill: () => signal('SIGKILL'),
    killServer() {
      for (const pid of pids()) {
        if (readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('mariadbd')) process.kill(pid, 'SIGKILL');
      }
    },
    cut: () => ip('link', 'set', veth, 'nomaster'),
    heal: () => ip('link', 'set', veth, 'master', bridge),
    async query(sql) {
      const connection = await pool.getConnection();
      try {
        const [rows] = await connection.query({ sql, timeout: 1_000 });
        connection.release();
        return rows as Record<string, unknown>[];
      } catch (error) {
        connection.destroy();
        throw error;
      }
    },
    async root(sql) {
      const { stdout } = await promisify(execFile)('mariadb', [
        '--no-defaults',
        `-S${join(folder, 'db.sock')}`,
        '-NBe',
        sql,
      ]);
      return stdout.trim();
    },
  };
  return self;
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Names of the folders that keep diverged data directories. */
export function asideOf(zone: TestZone): string[] {
  try {
    return readdirSync(zone.aside);
  } catch {
    return [];
  }
}
