/** One pull of one folder with rsync, as the application's user, so that it can write nowhere else. */
import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../platform/clock.ts';
import type { UserIds } from '../../platform/users.ts';
import { sealedConnection } from '../sealed.ts';
import { FILES_PATH, FILES_PROTOCOL } from './module.ts';
import { relay } from './relay.ts';

export interface PullOptions {
  clock: Clock;
  /** `host:port` of the agent that has the files. */
  agent: string;
  clusterKey: string;
  /** `moduleName` of the folder. */
  module: string;
  /** Absolute folder that exists. */
  target: string;
  /** False: only what is not here yet is fetched. */
  overwrite: boolean;
  /** Where a file that is overwritten is kept. */
  kept: string;
  user: UserIds | null;
  signal: AbortSignal;
}

const LIMIT_MS = 10 * 60_000;
/**
 * What rsync starts to reach the other side: joins its own input and output to descriptor 3, behind which this agent holds the
 * encrypted connection. So the application's user, whom rsync runs as, never sees a key. Ends when the other side does.
 */
const THROUGH_DESCRIPTOR_3 = "sh -c 'exec 4<&0; cat <&4 >&3 & exec cat <&3 4<&-'";

/** True when everything was fetched. Never rejects. */
export async function pull(options: PullOptions): Promise<boolean> {
  const { clock, agent, clusterKey, signal } = options;
  const limit = new AbortController();
  const stop = clock.after(LIMIT_MS, () => limit.abort());
  const either = AbortSignal.any([signal, limit.signal]);
  try {
    const call = { clusterKey, address: agent, path: FILES_PATH, signal: either };
    return await pullOver(await sealedConnection(call, FILES_PROTOCOL), options, either);
  } catch {
    return false;
  } finally {
    stop();
  }
}

function pullOver(connection: Duplex, options: PullOptions, signal: AbortSignal): Promise<boolean> {
  const { module, target, overwrite, kept, user } = options;
  const args = [
    '--recursive',
    '--times',
    '--omit-dir-times',
    '--timeout=10',
    // Unfinished files of a pull that was killed.
    '--exclude=.*.??????',
    ...(overwrite ? ['--backup', `--backup-dir=${kept}`] : ['--ignore-existing']),
    '-e',
    THROUGH_DESCRIPTOR_3,
    `zone::${module}/`,
    `${target}/`,
  ];
  return new Promise((resolve) => {
    const child = spawn('rsync', args, {
      cwd: '/',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
    });
    const end = () => {
      child.kill('SIGTERM');
      connection.destroy();
    };
    connection.on('error', () => {});
    signal.addEventListener('abort', end, { once: true });
    const finish = (well: boolean) => {
      signal.removeEventListener('abort', end);
      connection.destroy();
      resolve(well);
    };
    child.once('error', () => finish(false));
    child.once('exit', (status) => finish(status === 0));
    void relay(connection, child);
  });
}
