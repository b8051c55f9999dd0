/** Makes a new copy from a physical backup that the source's agent streams; a half-built one never looks like a copy. */
import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, rename } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../platform/clock.ts';
import { assertCurrent, type Context, type ReplicaGoal } from './context.ts';
import { exists, freshFolder, type Owner, ownedFolder, ownerOf, syncFolder } from './files.ts';
import type { Source } from './goal.ts';
import { sequenceOf } from './gtid.ts';
import type { BackupStream, DatabaseOptions } from './options.ts';

/** The stream may pause this long before it counts as broken. */
const STALL_MS = 15_000;
const PREPARE_MS = 30 * 60_000;

export async function build(context: Context, goal: ReplicaGoal): Promise<string> {
  const { options, paths, clock } = context;
  const owner = ownerOf(options.osUser);
  await ownedFolder(paths.run, owner);
  await ownedFolder(paths.temporary, owner);
  await freshFolder(paths.partial, owner);
  const progress = {
    from: goal.source.zone,
    receivedBytes: 0,
    totalBytes: null as number | null,
    startedAt: clock.mono(),
  };
  context.setBuild(progress);
  try {
    await receive(context, goal.source, owner, progress);
    const copiedMs = clock.mono() - progress.startedAt;
    await prepare(context, owner);
    assertCurrent(context);
    if (await exists(paths.data)) throw new Error('there is a data directory already');
    await rename(paths.partial, paths.data);
    await syncFolder(options.folder);
    await context.dataChanged();
    const mb = (progress.receivedBytes / 1e6).toFixed(1);
    return `${mb} MB from ${goal.source.zone} in ${Math.round(copiedMs)} ms, prepared after ${Math.round(clock.mono() - progress.startedAt)} ms`;
  } finally {
    context.setBuild(null);
  }
}

/** The position that a new copy's backup stands at; '' when `data` did not come from a backup. */
export async function backupPosition(data: string): Promise<string> {
  const text = await readFile(join(data, 'xtrabackup_binlog_info'), 'utf8').catch(() => '');
  const position = text.trim().split(/\s+/)[2] ?? '';
  return sequenceOf(position) === 0 ? '' : position;
}

/** `GET http://AGENT/copies/SITE/backup` with the cluster's key. */
export function fetchBackup(options: DatabaseOptions) {
  return (source: Source, signal: AbortSignal): Promise<BackupStream> =>
    new Promise((resolve, reject) => {
      const url = `http://${source.agent}/copies/${options.site}/backup`;
      const call = request(url, { headers: { authorization: `Bearer ${options.clusterKey}` }, signal, agent: false });
      call.once('error', reject);
      call.once('response', (response) => {
        if (response.statusCode !== 200) {
          response.resume();
          return reject(new Error(`${source.zone} gives no backup: HTTP ${response.statusCode}`));
        }
        const total = Number(response.headers['x-holdfast-data-bytes']);
        resolve({ stream: response, totalBytes: Number.isFinite(total) && total > 0 ? total : null });
      });
      call.end();
    });
}

async function receive(
  context: Context,
  source: Source,
  owner: Owner | null,
  progress: { receivedBytes: number; totalBytes: number | null },
): Promise<void> {
  const { options, paths, clock } = context;
  const stall = stallGuard(clock, context.signal);
  try {
    const backup = await (options.fetchBackup ?? fetchBackup(options))(source, stall.signal);
    progress.totalBytes = backup.totalBytes;
    const counter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        progress.receivedBytes += chunk.length;
        stall.alive();
        done(null, chunk);
      },
    });
    await withProgram(context, owner, ['mbstream', '-x', '-C', paths.partial], 'pipe', async (child) => {
      await pipeline(backup.stream, counter, child.stdin!, { signal: stall.signal });
    });
  } finally {
    stall.end();
  }
}

async function prepare(context: Context, owner: Owner | null): Promise<void> {
  const { paths, clock } = context;
  const cancel = new AbortController();
  const stop = clock.after(PREPARE_MS, () => cancel.abort());
  try {
    const command = [
      'mariabackup',
      '--no-defaults',
      '--prepare',
      `--target-dir=${paths.partial}`,
      `--tmpdir=${paths.temporary}`,
    ];
    await withProgram(context, owner, command, 'ignore', async () => {}, cancel.signal);
  } finally {
    stop();
  }
}

/** Runs a program as the database's user, its messages going to the backup log; it is killed when `work` fails or the goal changes. */
async function withProgram(
  context: Context,
  owner: Owner | null,
  command: string[],
  stdin: 'pipe' | 'ignore',
  work: (child: ChildProcess) => Promise<void>,
  also?: AbortSignal,
): Promise<void> {
  const log = await open(context.paths.backupLog, 'a', 0o640);
  try {
    const child = spawn(command[0]!, command.slice(1), { stdio: [stdin, log.fd, log.fd], ...(owner ?? {}) });
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const kill = () => child.kill('SIGKILL');
    for (const signal of [context.signal, also]) signal?.addEventListener('abort', kill, { once: true });
    try {
      await Promise.all([work(child), ended.then((code) => assertZero(command[0]!, code))]);
    } catch (error) {
      kill();
      await ended.catch(() => null);
      throw error;
    } finally {
      for (const signal of [context.signal, also]) signal?.removeEventListener('abort', kill);
    }
  } finally {
    await log.close();
  }
}

function assertZero(program: string, code: number | null): void {
  if (code !== 0) throw new Error(`${program} ended with ${code ?? 'a signal'}`);
}

function stallGuard(clock: Clock, outer: AbortSignal) {
  const inner = new AbortController();
  let cancel = () => {};
  const alive = () => {
    cancel();
    cancel = clock.after(STALL_MS, () => inner.abort(new Error(`the backup stream paused for ${STALL_MS} ms`)));
  };
  alive();
  return { signal: AbortSignal.any([outer, inner.signal]), alive, end: () => cancel() };
}
