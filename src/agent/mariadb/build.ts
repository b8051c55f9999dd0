/**
 * Makes a new copy from a physical backup that another copy's agent streams: into `data.partial`, which nothing ever starts from, and
 * which becomes `data` by one rename when it is complete, prepared and on the disk.
 *
 *   room? ──▶ copying ──▶ preparing ──▶ (flushed) ──▶ renamed ──▶ catching up, by following
 *      whatever fails, whoever dies: begun anew from nothing; a physical backup cannot be taken up in the middle
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import { heldBack, IN_THE_BACKGROUND } from './backup.ts';
import { createPace } from './backup-pace.ts';
import { giveWay } from './backup-strain.ts';
import { takeBackup } from './backup-wire.ts';
import { openBackup } from './build-fetch.ts';
import { createFlusher, type Flusher } from './build-flush.ts';
import { countAttempt, createProgress, forgetAttempts, type Progress } from './build-progress.ts';
import { lackOfRoom } from './build-room.ts';
import { assertCurrent, type Context, type ReplicaGoal } from './context.ts';
import { exists, freshFolder, type Owner, ownedFolder, ownerOf, syncFolder } from './files.ts';
import { sequenceOf } from './gtid.ts';
import type { BackupStream } from './options.ts';

/** The stream may pause this long before it counts as broken. */
const STALL_MS = 15_000;
const STALL_LOOK_MS = 500;
const PREPARE_MS = 30 * 60_000;
const ASK_EVERY_MS = 1_000;
/** Memory for applying the redo log: more than what ran meanwhile needs is of no use. */
const PREPARE_MEMORY_MB = 128;

export async function build(context: Context, goal: ReplicaGoal): Promise<string> {
  const { options, paths, clock } = context;
  const owner = ownerOf(options.osUser);
  await ownedFolder(paths.run, owner);
  await ownedFolder(paths.temporary, owner);
  await freshFolder(paths.partial, owner);
  const progress = createProgress(clock, goal.source.zone, await countAttempt(paths));
  const flusher = createFlusher(paths.partial);
  context.setBuild(progress);
  let complete = false;
  try {
    await receive(context, goal, owner, progress, flusher);
    const copiedMs = clock.mono() - progress.startedAt;
    progress.stage = 'preparing';
    await prepare(context, owner);
    await flusher.finish();
    assertCurrent(context);
    if (await exists(paths.data)) throw new Error('there is a data directory already');
    await rename(paths.partial, paths.data);
    await syncFolder(options.folder);
    complete = true;
    await forgetAttempts(paths);
    await context.dataChanged();
    const mb = (progress.receivedBytes / 1e6).toFixed(1);
    return `${mb} MB from ${progress.from} in ${Math.round(copiedMs)} ms, prepared after ${Math.round(clock.mono() - progress.startedAt)} ms`;
  } catch (error) {
    // The next attempt begins from nothing; until then others need the room.
    await rm(paths.partial, { recursive: true, force: true }).catch(() => {});
    throw error;
  } finally {
    context.setBuild(complete ? { ...progress, stage: 'catching-up', throttled: false } : null);
  }
}

/** The position that a new copy's backup stands at; '' when `data` did not come from a backup. */
export async function backupPosition(data: string): Promise<string> {
  const text = await readFile(join(data, 'xtrabackup_binlog_info'), 'utf8').catch(() => '');
  const position = text.trim().split(/\s+/)[2] ?? '';
  return sequenceOf(position) === 0 ? '' : position;
}

async function receive(
  context: Context,
  goal: ReplicaGoal,
  owner: Owner | null,
  progress: Progress,
  flusher: Flusher,
): Promise<void> {
  const { options, paths, clock } = context;
  const stall = stallGuard(clock, context.signal);
  const donors = goal.donors?.length ? goal.donors : [goal.source];
  const pace = createPace(clock.mono());
  let endings: (() => unknown)[] = [stall.end];
  try {
    const backup = await openBackup(options, donors, goal.promotion.epoch, stall.signal);
    // Also when nobody has come to take anything of it yet.
    endings.push(() => backup.connection.destroy());
    progress.from = backup.from.zone;
    progress.totalBytes = backup.totalBytes;
    await assertRoom(options.folder, backup.totalBytes);
    endings.push(await giveWay(clock, join(paths.temporary, 'pulse.build'), pace));
    endings.push(clock.every(ASK_EVERY_MS, () => askThrottled(backup, progress, pace.throttled(clock.mono()))));
    const passing = (bytes: number) => {
      progress.passed(bytes);
      stall.alive();
      const held = heldBack(clock, pace, bytes);
      return flusher.wrote(bytes) ?? held;
    };
    const command = [...IN_THE_BACKGROUND, 'mbstream', '-x', '-C', paths.partial];
    await withProgram(context, owner, command, 'pipe', async (child) => {
      await takeBackup(backup.connection, child.stdin!, passing, stall.signal);
    });
  } finally {
    const all = endings;
    endings = [];
    for (const end of all.reverse()) end();
  }
}

async function askThrottled(backup: BackupStream, progress: Progress, here: boolean): Promise<void> {
  const there = (await backup.throttled?.().catch(() => false)) ?? false;
  progress.throttled = here || there;
}

async function assertRoom(folder: string, dataBytes: number | null): Promise<void> {
  if (dataBytes === null) return;
  const { bavail, blocks, bsize } = await statfs(folder);
  const lack = lackOfRoom(dataBytes, { freeBytes: bavail * bsize, totalBytes: blocks * bsize });
  if (lack !== null) throw new Error(lack);
}

async function prepare(context: Context, owner: Owner | null): Promise<void> {
  const { paths, clock } = context;
  const cancel = new AbortController();
  const stop = clock.after(PREPARE_MS, () => cancel.abort());
  try {
    const command = [
      ...IN_THE_BACKGROUND,
      'mariabackup',
      '--no-defaults',
      '--prepare',
      `--use-memory=${PREPARE_MEMORY_MB}M`,
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
      await Promise.all([
        work(child),
        ended.then((code) => assertZero(command[IN_THE_BACKGROUND.length]!, code, context.paths.backupLog)),
      ]);
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

function assertZero(program: string, code: number | null, log: string): void {
  if (code !== 0) throw new Error(`${program} ended with ${code ?? 'a signal'}; its messages are in ${log}`);
}

function stallGuard(clock: Clock, outer: AbortSignal) {
  const inner = new AbortController();
  let heardAt = clock.mono();
  const alive = () => {
    heardAt = clock.mono();
  };
  const end = clock.every(STALL_LOOK_MS, () => {
    if (clock.mono() - heardAt > STALL_MS) inner.abort(new Error(`the backup stream paused for ${STALL_MS} ms`));
  });
  return { signal: AbortSignal.any([outer, inner.signal]), alive, end };
}
