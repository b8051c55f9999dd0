/**
 * Starts nginx, takes over one that survived us, and ends it. nginx is nobody's child: it keeps serving visitors while this
 * process is gone, and is found again through its pid file.
 */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { NginxPaths } from './nginx-conf.ts';

export interface Nginx {
  /** Master process of the running nginx; null when there is none. */
  master(): number | null;
  /** Workers of that master. */
  workers(): number[];
  /** Brings up nginx with this configuration: adopted as it is when unchanged, reloaded when changed, started when absent. */
  ensure(conf: string): Promise<'adopted' | 'reloaded' | 'started'>;
  /** Opens the log files anew, after they were renamed. */
  reopenLogs(): void;
  /** Ends it: held and running requests get `graceMs`, then it is killed. */
  stop(graceMs: number): Promise<void>;
}

const NGINX = 'nginx';
const START_LIMIT_MS = 10_000;
const POLL_MS = 10;
/** A worker that does not give up its listening sockets within this time stands still. */
const HANDOVER_MS = 300;

export function createNginx(paths: NginxPaths, stateDir: string, clock: Clock, log: Log): Nginx {
  const master = () => findMaster(paths);

  const command = (args: string[]) => runNginx(['-p', stateDir, '-c', paths.conf, '-e', paths.errorLog, ...args]);

  const start = async (conf: string) => {
    await replaceOrphans(paths, stateDir, clock, log);
    emptySpool(paths);
    rmSync(paths.adminSocket, { force: true });
    rmSync(paths.pid, { force: true });
    writeFileSync(paths.conf, conf, { mode: 0o600 });
    await command([]);
    await until(clock, 'nginx to start', START_LIMIT_MS, () => master() !== null);
    chmodSync(paths.adminSocket, 0o600);
  };

  const reload = async (pid: number, conf: string) => {
    const before = readFileSync(paths.conf, 'utf8');
    writeFileSync(paths.conf, conf, { mode: 0o600 });
    try {
      await command(['-t', '-q']);
    } catch (error) {
      writeFileSync(paths.conf, before, { mode: 0o600 });
      throw error;
    }
    const old = new Set(childrenOf(pid));
    process.kill(pid, 'SIGHUP');
    await until(clock, 'new workers', START_LIMIT_MS, () => childrenOf(pid).some((child) => !old.has(child)));
    chmodSync(paths.adminSocket, 0o600);
  };

  return {
    master,
    workers: () => {
      const pid = master();
      return pid === null ? [] : childrenOf(pid);
    },
    async ensure(conf) {
      prepareFolders(paths);
      const pid = master();
      if (pid === null) {
        await start(conf);
        return 'started';
      }
      if (readFileSync(paths.conf, 'utf8') === conf) return 'adopted';
      await reload(pid, conf);
      return 'reloaded';
    },
    reopenLogs() {
      const pid = master();
      if (pid !== null) process.kill(pid, 'SIGUSR1');
    },
    async stop(graceMs) {
      const pid = master();
      if (pid !== null) {
        process.kill(pid, 'SIGQUIT');
        await until(clock, 'nginx to end', graceMs, () => !isAlive(pid)).catch(() => kill(pid, 'SIGTERM'));
        await until(clock, 'nginx to end', 1_000, () => !isAlive(pid)).catch(() => kill(pid, 'SIGKILL'));
      }
      await endOrphans(stateDir, clock);
      rmSync(paths.adminSocket, { force: true });
      rmSync(paths.pid, { force: true });
    },
  };
}

function prepareFolders(paths: NginxPaths): void {
  mkdirSync(paths.adminDir, { recursive: true, mode: 0o700 });
  // The workers, who are somebody else, have to get through to their spool; they cannot list or write here.
  mkdirSync(paths.spool, { recursive: true, mode: 0o711 });
  chmodSync(paths.spool, 0o711);
}

/** Workers that were killed leave what visitors sent. Of one that still ends its requests only the names go: it has the files open. */
function emptySpool({ spool }: NginxPaths): void {
  const bodies = join(spool, 'client_body');
  if (!existsSync(bodies)) return;
  for (const name of readdirSync(bodies)) rmSync(join(bodies, name), { force: true });
}

function runNginx(args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    // Its logs name visitors and what they asked for: nobody else's to read.
    const umask = process.umask(0o077);
    // Not a pipe: the daemon inherits it, and would keep this call from ending.
    const child = spawn(NGINX, args, { stdio: ['ignore', 'ignore', 'ignore'], detached: true });
    process.umask(umask);
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`nginx ended with status ${code}; see its error.log`)),
    );
  });
}

/** The pid file may be old, and its number somebody else's by now: only a master with our configuration counts. */
function findMaster(paths: NginxPaths): number | null {
  const pid = Number(readText(paths.pid).trim());
  if (!Number.isInteger(pid) || pid <= 1) return null;
  const title = readText(`/proc/${pid}/cmdline`);
  return title.startsWith('nginx: master process') && title.includes(paths.conf) ? pid : null;
}

function childrenOf(pid: number): number[] {
  return (
    readText(`/proc/${pid}/task/${pid}/children`)
      .trim()
      .split(' ')
      .filter((child) => child !== '')
      .map(Number)
      // A worker that has just been born still bears its master's title.
      .filter((child) => !readText(`/proc/${child}/cmdline`).startsWith('nginx: cache'))
  );
}

/**
 * Workers outlive a killed master and keep its listening sockets, so that no new nginx could bind. Asked to, they close those
 * at once and finish the requests that they have; one that stands still does not hear it.
 */
async function replaceOrphans(paths: NginxPaths, stateDir: string, clock: Clock, log: Log): Promise<void> {
  const pids = orphans(stateDir);
  if (pids.length === 0) return;
  log.warn({ pids }, 'nginx has lost its master: its workers finish what they have');
  for (const pid of pids) kill(pid, 'SIGQUIT');
  const deadline = clock.mono() + HANDOVER_MS;
  while (await isListening(paths.adminSocket)) {
    if (clock.mono() > deadline) return endOrphans(stateDir, clock);
    await clock.sleep(POLL_MS);
  }
}

async function endOrphans(stateDir: string, clock: Clock): Promise<void> {
  const pids = orphans(stateDir);
  for (const pid of pids) kill(pid, 'SIGKILL');
  await until(clock, 'left-over workers to end', START_LIMIT_MS, () => !pids.some(isAlive));
}

/** Ours have a file of our folder open: their logs. */
function orphans(stateDir: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => readText(`/proc/${pid}/cmdline`).startsWith('nginx: ') && hasOpen(pid, stateDir));
}

function isListening(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(socketPath);
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function hasOpen(pid: number, folder: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith(`${folder}/`);
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}

export function isAlive(pid: number): boolean {
  const state = readText(`/proc/${pid}/stat`).split(') ')[1]?.[0];
  return state !== undefined && state !== 'Z';
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

async function until(clock: Clock, what: string, limitMs: number, done: () => boolean): Promise<void> {
  const deadline = clock.mono() + limitMs;
  while (!done()) {
    if (clock.mono() > deadline) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await clock.sleep(POLL_MS);
  }
}
