/** One pull of one folder with rsync, as the application's user, so that it can write nowhere else. */
import { spawn } from 'node:child_process';
import type { Clock } from '../../platform/clock.ts';
import type { UserIds } from '../../platform/users.ts';

export interface PullOptions {
  clock: Clock;
  /** `rsync://…/MODULE/`. */
  url: string;
  /** Absolute folder that exists. */
  target: string;
  /** False: only what is not here yet is fetched. */
  overwrite: boolean;
  /** Where a file that is overwritten is kept. */
  kept: string;
  user: UserIds | null;
  password: string;
  signal: AbortSignal;
}

const LIMIT_MS = 10 * 60_000;

/** True when everything was fetched. Never rejects. */
export function pull(options: PullOptions): Promise<boolean> {
  const { clock, url, target, overwrite, kept, user, password, signal } = options;
  const args = [
    '--recursive',
    '--times',
    '--omit-dir-times',
    '--contimeout=3',
    '--timeout=10',
    // From standard input: neither the arguments nor the environment of a process of the application's user holds it.
    '--password-file=-',
    // Unfinished files of a pull that was killed.
    '--exclude=.*.??????',
    ...(overwrite ? ['--backup', `--backup-dir=${kept}`] : ['--ignore-existing']),
    url,
    `${target}/`,
  ];
  return new Promise((resolve) => {
    const child = spawn('rsync', args, {
      cwd: '/',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
      stdio: ['pipe', 'ignore', 'ignore'],
      ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
    });
    const end = () => child.kill('SIGTERM');
    const cancel = clock.after(LIMIT_MS, end);
    signal.addEventListener('abort', end, { once: true });
    const finish = (well: boolean) => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve(well);
    };
    child.once('error', () => finish(false));
    child.once('exit', (status) => finish(status === 0));
    child.stdin.on('error', () => {});
    child.stdin.end(`${password}\n`);
  });
}
