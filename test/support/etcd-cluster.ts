/** Three real etcd members on loopback, with the four fault verbs, for tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/platform/clock.ts';

export interface EtcdCluster {
  /** `http://127.0.0.1:port`, in the order of the members. */
  endpoints: string[];
  /** How each is called, where the others reach it, and where it keeps its data, in the same order. */
  members: { name: string; peer: string; folder: string }[];
  /** What every member's cluster is called; see etcd's `--initial-cluster-token`. */
  token: string;
  /** Index of the member that is the leader now; null while there is none. */
  leader(): Promise<number | null>;
  kill(member: number): Promise<void>;
  freeze(member: number): void;
  thaw(member: number): void;
  /** Starts a killed member again on its data, or, without any, as a member that was added to a cluster that exists (`existing`). */
  restart(member: number, state?: 'new' | 'existing'): void;
  /** Thaws the frozen, starts the killed, and resolves when all are well. */
  heal(): Promise<void>;
  /** Makes the cluster forget its history up to now, as seen by this member. */
  compact(member: number): Promise<void>;
  /** Resolves when all running members are well. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

const STARTUP_MS = 20_000;

export async function startEtcdCluster(size = 3): Promise<EtcdCluster> {
  const dir = mkdtempSync(join(tmpdir(), 'hf-etcd-'));
  const ports = await freePorts(size * 2);
  const client = (member: number) => `http://127.0.0.1:${ports[member * 2]}`;
  const peer = (member: number) => `http://127.0.0.1:${ports[member * 2 + 1]}`;
  const all = Array.from({ length: size }, (_, member) => member);
  const processes: (ChildProcess | null)[] = all.map(() => null);

  const members = all.map((member) => ({ name: `m${member}`, peer: peer(member), folder: join(dir, `m${member}`) }));

  const start = (member: number, state: 'new' | 'existing' = 'new') => {
    const flags: Record<string, string> = {
      name: members[member]!.name,
      'data-dir': members[member]!.folder,
      'listen-client-urls': client(member),
      'advertise-client-urls': client(member),
      'listen-peer-urls': peer(member),
      'initial-advertise-peer-urls': peer(member),
      'initial-cluster': members.map((other) => `${other.name}=${other.peer}`).join(','),
      'initial-cluster-state': state,
      'initial-cluster-token': dir,
      'heartbeat-interval': '30',
      'election-timeout': '300',
      logger: 'zap',
      'log-level': 'error',
    };
    const argv = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    processes[member] = spawn('etcd', argv, { stdio: 'ignore' });
  };
  const kill = async (member: number) => {
    const child = processes[member];
    processes[member] = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  };
  const cluster: EtcdCluster = {
    endpoints: all.map(client),
    members,
    token: dir,
    leader: async () => {
      for (const member of all) {
        const leading = await leads(client(member));
        if (leading) return member;
      }
      return null;
    },
    kill,
    freeze: (member) => void processes[member]?.kill('SIGSTOP'),
    thaw: (member) => void processes[member]?.kill('SIGCONT'),
    restart: start,
    heal: async () => {
      for (const member of all) {
        processes[member]?.kill('SIGCONT');
        if (processes[member] === null) start(member);
      }
      await cluster.ready();
    },
    compact: async (member) => {
      const { header } = await post<{ header: { revision: string } }>(`${client(member)}/v3/maintenance/status`, {});
      await post(`${client(member)}/v3/kv/compaction`, { revision: header.revision, physical: true });
    },
    ready: async () => {
      const deadline = systemClock.mono() + STARTUP_MS;
      for (const member of all) {
        while (processes[member] !== null && !(await healthy(client(member)))) {
          if (systemClock.mono() > deadline) throw new Error(`etcd member ${member} did not become healthy`);
          await systemClock.sleep(50);
        }
      }
    },
    close: async () => {
      await Promise.all(all.map(kill));
      process.off('exit', killAll);
      rmSync(dir, { recursive: true, force: true });
    },
  };
  // A test that dies takes its members with it.
  const killAll = () => {
    for (const child of processes) child?.kill('SIGKILL');
  };
  process.once('exit', killAll);
  for (const member of all) start(member);
  try {
    await cluster.ready();
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return cluster;
}

async function leads(url: string): Promise<boolean> {
  try {
    const status = await post<{ leader?: string; header: { member_id: string } }>(`${url}/v3/maintenance/status`, {});
    return status.leader === status.header.member_id;
  } catch {
    return false;
  }
}

async function post<T>(url: string, body: object): Promise<T> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body), signal: AbortSignal.timeout(2_000) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

async function healthy(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1_000) });
    return ((await answer.json()) as { health: string }).health === 'true';
  } catch {
    return false;
  }
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
