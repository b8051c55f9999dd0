/** One pull of one folder with rsync, as the application's user, so that it can write nowhere else. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
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
  /** Where a file that is overwritten is kept. Null: nothing is, only what is not here yet is fetched. */
  kept: Kept | null;
  user: UserIds | null;
  signal: AbortSignal;
}

/**
 * Two folders for all pulls from the same live zone in one reign. What was here before the first of them may exist nowhere else, so it
 * stays in `first`; what a later one overwrites came from that zone, perhaps half written, and only the newest of it stays in `newest`.
 */
export interface Kept {
  first: string;
  newest: string;
}

/** Files went away while it ran: what is there now is fetched. */
const VANISHED = 24;
const LIMIT_MS = 10 * 60_000;
/** Of what rsync says of its own trouble. */
const MOST_WORDS = 500;
/**
 * What rsync starts to reach the other side: joins its own input and output to descriptor 3, behind which this agent holds the
 * encrypted connection. So the application's user, whom rsync runs as, never sees a key. Ends when the other side does.
 */
const THROUGH_DESCRIPTOR_3 = "sh -c 'exec 4<&0; cat <&4 >&3 & exec cat <&3 4<&-'";

/** Null when everything was fetched, otherwise why not, in one line. Never rejects. */
export async function pull(options: PullOptions): Promise<string | null> {
  const { clock, agent, clusterKey, signal } = options;
  const limit = new AbortController();
  const stop = clock.after(LIMIT_MS, () => limit.abort());
  const either = AbortSignal.any([signal, limit.signal]);
  try {
    const trouble = options.kept === null ? null : await keepFirst(options.kept, options.user, either);
    if (trouble !== null) return `what was overwritten before could not be kept: ${trouble}`;
    const call = { clusterKey, address: agent, path: FILES_PATH, signal: either };
    return await pullOver(await sealedConnection(call, FILES_PROTOCOL), options, either);
  } catch (error) {
    return String(error);
  } finally {
    stop();
  }
}

/** Puts what the pull before overwrote out of the next one's reach, unless there is something older. */
async function keepFirst({ first, newest }: Kept, user: UserIds | null, signal: AbortSignal): Promise<string | null> {
  if (!existsSync(newest)) return null;
  const how = ['--recursive', '--times', '--mkpath', '--ignore-existing', '--remove-source-files'];
  const { status, words } = await ended(startRsync([...how, `${newest}/`, `${first}/`], user, 'ignore'), signal);
  return status === 0 ? null : words;
}

async function pullOver(connection: Duplex, options: PullOptions, signal: AbortSignal): Promise<string | null> {
  const { module, target, kept, user } = options;
  const args = [
    '--recursive',
    '--times',
    '--omit-dir-times',
    // Otherwise a file that keeps its size and is written twice in one second stays as it was when it was pulled in between.
    '--modify-window=-1',
    '--timeout=10',
    // Unfinished files of a pull that was killed.
    '--exclude=.*.??????',
    ...(kept === null ? ['--ignore-existing'] : ['--backup', `--backup-dir=${kept.newest}`]),
    // Otherwise what it starts finds its output full, instead of waiting, whenever this host writes slower than the other one sends.
    '--blocking-io',
    '-e',
    THROUGH_DESCRIPTOR_3,
    `zone::${module}/`,
    `${target}/`,
  ];
  connection.on('error', () => {});
  const child = startRsync(args, user, 'pipe');
  void relay(connection, child);
  const { status, words } = await ended(child, signal);
  connection.destroy();
  return status === 0 || status === VANISHED ? null : words;
}

function startRsync(args: string[], user: UserIds | null, descriptor3: 'pipe' | 'ignore'): ChildProcess {
  return spawn('rsync', args, {
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
    stdio: ['ignore', 'ignore', 'pipe', descriptor3],
    ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
  });
}

/** Its exit status (null when it was ended, also by `signal`, or could not be started), and what it said of it. */
function ended(child: ChildProcess, signal: AbortSignal): Promise<{ status: number | null; words: string }> {
  return new Promise((resolve) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-MOST_WORDS);
    });
    const end = () => child.kill('SIGTERM');
    signal.addEventListener('abort', end, { once: true });
    const finish = (status: number | null, how: string) => {
      signal.removeEventListener('abort', end);
      resolve({ status, words: [...said.split('\n'), how].filter((line) => line !== '').join('; ') });
    };
    child.once('error', (error) => finish(null, String(error)));
    // What rsync started ends with that, so that all words are there.
    child.once('exit', () => (child.stdio[3] as Duplex | null | undefined)?.destroy());
    child.once('close', (status, by) => finish(status, `rsync ended with ${by ?? status}`));
    if (signal.aborted) end();
  });
}
