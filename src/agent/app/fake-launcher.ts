/** An operating system of a test's own: processes that run until the test, or a signal, ends them. */
import type { DetachedSpec, ProcessIdentity } from '../../platform/processes.ts';
import type { Launcher } from './processes.ts';

export interface FakeLauncher extends Launcher {
  /** Everything ever started, in order. */
  started: { pid: number; spec: DetachedSpec }[];
  signals: { pid: number; signal: NodeJS.Signals }[];
  alive(): number[];
  /** Ends a process as if by itself. */
  end(pid: number, status?: number): void;
  /** While true SIGTERM is ignored. */
  stubborn: boolean;
  /** While true nothing can be started. */
  broken: boolean;
}

export function createFakeLauncher(): FakeLauncher {
  const running = new Map<number, (status: number | null) => void>();
  const end = (pid: number, status: number | null) => {
    running.get(pid)?.(status);
    running.delete(pid);
  };
  const fake: FakeLauncher = {
    started: [],
    signals: [],
    stubborn: false,
    broken: false,
    alive: () => [...running.keys()],
    end: (pid, status = 0) => end(pid, status),
    async startDetached(spec) {
      if (fake.broken) throw new Error('no such program');
      const pid = 1000 + fake.started.length;
      fake.started.push({ pid, spec });
      const exited = new Promise<number | null>((resolve) => running.set(pid, resolve));
      return { identity: { pid, startTicks: '1', bootId: 'boot' }, exited };
    },
    isRunning: (identity: ProcessIdentity) => running.has(identity.pid),
    signalGroup(identity, signal) {
      if (!running.has(identity.pid)) return false;
      fake.signals.push({ pid: identity.pid, signal });
      if (signal === 'SIGKILL' || !fake.stubborn) end(identity.pid, null);
      return true;
    },
    killOrphans: () => false,
  };
  return fake;
}
