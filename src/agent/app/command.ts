/** One command at a time with a time limit (setup, cron): what an earlier agent left running is ended first, so that there are never two. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import { readJson } from '../../platform/files.ts';
import type { Log } from '../../platform/log.ts';
import type { DetachedSpec, ProcessIdentity } from '../../platform/processes.ts';
import { boundLog } from './logs.ts';
import type { Launcher } from './processes.ts';

export interface CommandRunner {
  running(): boolean;
  /** Resolves with the exit status; null when it was killed, ran too long or could not be started. Throws when one is running. */
  run(spec: DetachedSpec, limitMs: number): Promise<number | null>;
  /** Ends the running command, and all it started, at once. */
  kill(): void;
}

export interface CommandRunnerOptions {
  clock: Clock;
  log: Log;
  launcher: Launcher;
  name: string;
  /** Holds the pid file `command-NAME.pid`. */
  runFolder: string;
}

export function createCommandRunner({ clock, log, launcher, name, runFolder }: CommandRunnerOptions): CommandRunner {
  const pidFile = join(runFolder, `command-${name}.pid`);
  let current: ProcessIdentity | null = null;
  let busy = false;
  let killed = false;

  const left = readJson(pidFile) as ProcessIdentity | null;
  if (typeof left?.pid === 'number') {
    if (launcher.signalGroup(left, 'SIGKILL'))
      log.warn({ command: name }, 'ended a command that an earlier agent left');
    rmSync(pidFile, { force: true });
  }

  const kill = () => {
    killed = true;
    if (current !== null) launcher.signalGroup(current, 'SIGKILL');
  };

  const runOne = async (spec: DetachedSpec, limitMs: number): Promise<number | null> => {
    await boundLog(spec.logFile);
    if (killed) return null;
    const started = await launcher.startDetached(spec);
    current = started.identity;
    writeFileSync(pidFile, JSON.stringify(current), { mode: 0o600 });
    if (killed) kill();
    const cancel = clock.after(limitMs, () => {
      log.warn({ command: name, limitMs }, 'the command ran too long');
      kill();
    });
    const status = await started.exited;
    cancel();
    return killed ? null : status;
  };

  return {
    running: () => busy,
    kill,
    async run(spec, limitMs) {
      if (busy) throw new Error(`${name} is running already`);
      busy = true;
      killed = false;
      try {
        return await runOne(spec, limitMs);
      } catch (error) {
        log.error({ err: error, command: name }, 'the command could not be started');
        return null;
      } finally {
        if (current !== null) launcher.killOrphans(current);
        current = null;
        busy = false;
        rmSync(pidFile, { force: true });
      }
    },
  };
}
