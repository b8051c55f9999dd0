/** One mariadbd process: started detached so that it survives the agent, found again by the next one, and only ever killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import type { MonoMs } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { bootId } from '../../platform/processes.ts';
import { serverConfig, serverIdIn } from './config-file.ts';
import { type Owner, ownedFolder, ownerOf, readJson, writeDurably } from './files.ts';
import { copyNumberOf, type DatabaseOptions, nextServerId, type Paths, pathsOf } from './options.ts';

/** `rejoin`: with --init-rpl-role=SLAVE, which cuts a tail off that nobody acknowledged. Never for a server that shall serve. */
export type StartMode = 'plain' | 'rejoin';

export interface RunningServer {
  pid: number;
}

export interface Server {
  /** The process, asked many times in a turn: one that this object started as it is now, one that was found as it was at most 20 ms ago. */
  running(): RunningServer | null;
  /** Finds a process that a predecessor started on this folder. */
  adopt(): Promise<RunningServer | null>;
  /** Starts one and returns when the process exists; it answers some time later. Does nothing when one runs. */
  start(mode: StartMode): Promise<void>;
  /** SIGKILL, and waits until it is gone (a server that waits for an acknowledgement would commit its tail on SIGTERM). */
  kill(): Promise<void>;
  /** Calls back when a process that this object started ends. */
  onExit(call: () => void): void;
}

interface ProcessFile {
  pid: number;
  /** Start time in clock ticks since boot: a recycled pid has another one. */
  startedTicks: string;
  /** The machine's boot that it was started in. */
  boot?: string;
}

const ROLE_FLAG = '--init-rpl-role=SLAVE';
const KILL_WAIT_MS = 10_000;
/** What /proc said of a process that somebody else started stands for so long: to read it at every question was a quarter of an agent's work. */
const KNOWN_FOR_MS = 20;

export function createServer(options: DatabaseOptions): Server {
  const paths = pathsOf(options.folder);
  const defaultsFlag = `--defaults-file=${paths.config}`;
  let known: (RunningServer & { startedTicks: string; isOwn: boolean }) | null = null;
  let lookedAt: MonoMs = Number.NEGATIVE_INFINITY;
  let onExit = () => {};

  const recognise = (pid: number) => {
    const command = commandOf(pid);
    const startedTicks = startedTicksOf(pid);
    if (startedTicks === null || !command.includes(defaultsFlag)) return null;
    return { pid, startedTicks, isOwn: false };
  };

  const runningNow = () => {
    if (known !== null && startedTicksOf(known.pid) !== known.startedTicks) known = null;
    lookedAt = options.clock.mono();
    return known === null ? null : { pid: known.pid };
  };
  const running = () => {
    if (known === null) return null;
    const stands = known.isOwn || options.clock.mono() - lookedAt < KNOWN_FOR_MS;
    return stands ? { pid: known.pid } : runningNow();
  };

  const adopt = async () => {
    const found = runningNow();
    if (found !== null) return found;
    const file = await readJson<ProcessFile>(paths.process);
    const written = file === null ? null : recognise(file.pid);
    // The predecessor may have died between the start and the note of it: then the command line still gives it away.
    known = written?.startedTicks === file?.startedTicks ? written : null;
    known ??=
      allPids()
        .map(recognise)
        .find((one) => one !== null) ?? null;
    return runningNow();
  };

  return {
    running,
    adopt,
    async start(mode) {
      if ((await adopt()) !== null) return;
      const owner = ownerOf(options.osUser);
      await ownedFolder(paths.run, owner);
      await ownedFolder(paths.temporary, owner);
      const earlier = serverIdIn(await readFile(paths.config, 'utf8').catch(() => ''));
      const serverId = nextServerId(copyNumberOf(options, options.zone), earlier, options.clock.wall());
      await writeDurably(paths.config, serverConfig(options, serverId), owner);
      const child = await spawnDetached(
        ['mariadbd', defaultsFlag, ...(mode === 'rejoin' ? [ROLE_FLAG] : [])],
        paths,
        owner,
      );
      const pid = child.pid!;
      child.once('exit', () => {
        if (known?.pid === pid) known = null;
        onExit();
      });
      const startedTicks = startedTicksOf(pid);
      if (startedTicks === null) throw new Error(`mariadbd ended at once: ${await lastErrors(paths)}`);
      known = { pid, startedTicks, isOwn: true };
      await writeDurably(paths.process, JSON.stringify({ pid, startedTicks, boot: bootId() } satisfies ProcessFile));
    },
    async kill() {
      const process_ = await adopt();
      if (process_ === null) return;
      process.kill(process_.pid, 'SIGKILL');
      await gone(options.clock, runningNow);
    },
    onExit(call) {
      onExit = call;
    },
  };
}

/** The last lines of the server's own log that tell of an error, for people. */
export async function lastErrors(paths: Paths): Promise<string> {
  const text = await readFile(paths.errorLog, 'utf8').catch(() => '');
  const errors = text.split('\n').filter((line) => line.includes('[ERROR]'));
  return errors.slice(-2).join(' | ').slice(-400) || 'its log tells no error';
}

async function gone(clock: Clock, running: () => RunningServer | null): Promise<void> {
  const deadline = clock.mono() + KILL_WAIT_MS;
  while (running() !== null) {
    if (clock.mono() > deadline) throw new Error(`mariadbd ${running()?.pid} does not end although it was killed`);
    await clock.sleep(5);
  }
}

async function spawnDetached(command: string[], paths: Paths, owner: Owner | null): Promise<ChildProcess> {
  const log = await open(paths.errorLog, 'a', 0o640);
  try {
    if (owner) await log.chown(owner.uid, owner.gid);
    const [program, ...args] = command;
    const child = spawn(program!, args, {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      cwd: paths.run,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      ...(owner ?? {}),
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

function commandOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Field 22 of /proc/PID/stat; null when the process is gone or a zombie. */
function startedTicksOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}
