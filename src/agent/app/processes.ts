/** One process of an application: kept running, adopted again after a restart of the agent, replaced when its description changed. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MonoMs } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { readJson } from '../../platform/files.ts';
import type { Log } from '../../platform/log.ts';
import type { DetachedSpec, ProcessIdentity, StartedProcess } from '../../platform/processes.ts';
import { failuresAfterDeath, pauseMs } from './backoff.ts';
import { boundLog } from './logs.ts';

/** What the operating system has to offer; `platform/processes.ts` is the real one. */
export interface Launcher {
  startDetached(spec: DetachedSpec): Promise<StartedProcess>;
  isRunning(identity: ProcessIdentity): boolean;
  signalGroup(identity: ProcessIdentity, signal: NodeJS.Signals): boolean;
  killOrphans(leader: ProcessIdentity): boolean;
}

export interface KeptProcessOptions {
  clock: Clock;
  log: Log;
  launcher: Launcher;
  name: string;
  /** Holds the pid file `app-NAME.pid`; not writable by the application. */
  runFolder: string;
}

export interface KeptProcess {
  readonly name: string;
  /** Starts it when it does not run and its pause is over; replaces one that was started from another description. */
  keep(spec: DetachedSpec, hash: string): Promise<'running' | 'died' | 'pausing'>;
  /** True once nothing runs: SIGTERM at the first call, SIGKILL after `STOP_LIMIT_MS`. */
  stop(): boolean;
  /** Ends it at once, in the middle of whatever it does; it is started again without a pause. */
  kill(): void;
  running(): boolean;
}

const STOP_LIMIT_MS = 5_000;

interface PidFile {
  identity: ProcessIdentity;
  hash: string;
}

export function createKeptProcess({ clock, log, launcher, name, runFolder }: KeptProcessOptions): KeptProcess {
  const pidFile = join(runFolder, `app-${name}.pid`);
  let current = readPidFile(pidFile);
  if (current !== null && !launcher.isRunning(current.identity)) current = null;
  let attempts = { failures: 0, startedAt: clock.mono() };
  let notBefore: MonoMs = 0;
  let stopBegunAt: MonoMs | null = null;
  let killed = false;

  const forget = () => {
    current = null;
    stopBegunAt = null;
    killed = false;
    rmSync(pidFile, { force: true });
  };

  const died = (why: string) => {
    attempts = { ...attempts, failures: failuresAfterDeath(attempts, clock.mono()) };
    const pause = pauseMs(attempts.failures);
    notBefore = clock.mono() + pause;
    log.warn({ process: name, why, deaths: attempts.failures, pauseMs: pause }, 'a process ended');
  };

  const start = async (spec: DetachedSpec, hash: string) => {
    await boundLog(spec.logFile);
    attempts = { ...attempts, startedAt: clock.mono() };
    const { identity } = await launcher.startDetached(spec);
    current = { identity, hash };
    writeFileSync(pidFile, JSON.stringify(current), { mode: 0o600 });
    log.info({ process: name, pid: identity.pid }, 'a process was started');
  };

  const stop = () => {
    if (current === null) return true;
    if (!launcher.isRunning(current.identity)) {
      launcher.killOrphans(current.identity);
      forget();
      return true;
    }
    if (stopBegunAt === null) {
      stopBegunAt = clock.mono();
      launcher.signalGroup(current.identity, 'SIGTERM');
    } else if (clock.mono() - stopBegunAt >= STOP_LIMIT_MS) {
      launcher.signalGroup(current.identity, 'SIGKILL');
    }
    return false;
  };

  return {
    name,
    async keep(spec, hash) {
      if (current !== null && current.hash !== hash && !stop()) return 'pausing';
      if (current !== null && launcher.isRunning(current.identity)) return killed ? 'pausing' : 'running';
      if (current !== null) {
        const onPurpose = killed;
        launcher.killOrphans(current.identity);
        forget();
        if (!onPurpose) {
          died('it died');
          return 'died';
        }
      }
      if (clock.mono() < notBefore) return 'pausing';
      try {
        await start(spec, hash);
        return 'running';
      } catch (error) {
        died(error instanceof Error ? error.message : String(error));
        return 'died';
      }
    },
    stop,
    kill() {
      if (current === null) return;
      killed = true;
      launcher.signalGroup(current.identity, 'SIGKILL');
    },
    // One that was killed executes nothing more, though it may be seen a little longer.
    running: () => current !== null && !killed && launcher.isRunning(current.identity),
  };
}

function readPidFile(path: string): PidFile | null {
  const found = readJson(path) as PidFile | null;
  return typeof found?.identity?.pid === 'number' && typeof found.hash === 'string' ? found : null;
}
