/** Keeps one program of the platform running: starts it again shortly after it ends, unless a fault has put it down on purpose. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { systemClock } from '../platform/clock.ts';
import { entering, type GroupAddress } from './group.ts';
import { downMarker, type Instance, logFile, pidFile } from './instance.ts';

export interface Program {
  /** `agent-a`; its zone's marker and its own keep it down. */
  name: string;
  zone: string | null;
  group: GroupAddress;
  command: string[];
  environment: Record<string, string>;
}

export interface Supervisor {
  program: Program;
  /** Starts so far that ended within `EARLY_MS`, one after the other. */
  earlyEnds(): number;
  /** Starts nothing any more. Ends nothing: the groups are ended as a whole. */
  stop(): void;
}

const PAUSE_MS = 100;
const MOST_PAUSE_MS = 2_000;
const EARLY_MS = 1_000;

export function supervise(instance: Instance, program: Program, say: (sentence: string) => void): Supervisor {
  const stopping = new AbortController();
  let early = 0;
  void keepRunning();
  return { program, earlyEnds: () => early, stop: () => stopping.abort() };

  async function keepRunning(): Promise<void> {
    while (!stopping.signal.aborted) {
      if (isPutDown(instance, program)) {
        await systemClock.sleep(PAUSE_MS / 2, stopping.signal);
        continue;
      }
      const startedAt = systemClock.mono();
      const how = await runOnce(instance, program);
      const ranMs = systemClock.mono() - startedAt;
      early = ranMs < EARLY_MS ? early + 1 : 0;
      if (stopping.signal.aborted) return;
      if (!isPutDown(instance, program)) say(`${program.name} ended (${how}); it is started again`);
      await systemClock.sleep(Math.min(PAUSE_MS * 2 ** early, MOST_PAUSE_MS), stopping.signal);
    }
  }
}

export function isPutDown(instance: Instance, program: Program): boolean {
  const names = program.zone === null ? [program.name] : [program.name, program.zone];
  return names.some((name) => existsSync(downMarker(instance, name)));
}

/** The last lines that a program wrote, for a message about its failure. */
export function lastWords(instance: Instance, program: string, lines = 8): string {
  const file = logFile(instance, program);
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n') : '';
}

/** Resolves with how it ended. */
function runOnce(instance: Instance, program: Program): Promise<string> {
  const { environment, prefix } = entering(program.group);
  const [command = '', ...args] = [...prefix, ...program.command];
  const log = openSync(logFile(instance, program.name), 'a', 0o640);
  const pid = pidFile(instance, program.name);
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      // A session of its own, so that Ctrl-C in the terminal reaches only the keeper.
      child = spawn(command, args, {
        detached: true,
        cwd: instance.folder,
        stdio: ['ignore', log, log],
        env: {
          PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin',
          HOME: '/root',
          ...environment,
          ...program.environment,
        },
      });
    } finally {
      closeSync(log);
    }
    if (child.pid !== undefined) writeFileSync(pid, `${child.pid}\n`);
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (status, signal) => {
      rmSync(pid, { force: true });
      resolve(signal ?? `status ${status}`);
    });
  });
}
