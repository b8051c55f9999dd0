/** The donor's side of a new copy: one physical backup at a time, which counts as sent only if the program that makes it ended well. */
import { spawn } from 'node:child_process';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import type { Epoch } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { createPace, type Pace } from './backup-pace.ts';
import { giveWay } from './backup-strain.ts';
import { carryBackup } from './backup-wire.ts';
import { freshFolder, ownedFolder, ownerOf, writeDurably } from './files.ts';
import type { DatabaseGoal } from './goal.ts';
import { type DatabaseOptions, pathsOf } from './options.ts';
import { ADMIN_USER } from './users.ts';

export interface Backup {
  /**
   * Hands all of it (mbstream) to `sink`, which stays open, and resolves with the number of bytes when the program has ended well; rejects
   * when it has not, or `sink` closes. Called once.
   */
  send(sink: Writable): Promise<number>;
  /** Resolves when the program has ended, however it did. */
  ended: Promise<void>;
  /** It is being held back, since commits on this disk suffer. */
  throttled(): boolean;
}

/** This copy is no good donor now; the receiver asks another one, or again. */
export class BackupRefused extends Error {}

/** The default interval of 1000 ms stalls commits for a second at the end of a backup. */
const LOG_COPY_INTERVAL_MS = 50;

/** Ends with the agent whatever becomes of it, and leaves most of the processors to the servers when both want them. */
export const IN_THE_BACKGROUND = ['setpriv', '--pdeathsig', 'KILL', 'nice', '-n', '5'];

/** Why this copy gives no backup now, in one short sentence; null: it does. `reign`: the promotion that the receiver follows. */
export function refusalOf(
  goal: DatabaseGoal | null,
  seen: { answering: boolean; settled: boolean; diverged: boolean },
  reign: Epoch,
): string | null {
  if (goal === null || goal.role === 'none') return 'this zone has no part in the site';
  // What an earlier or later reign holds may be just what the receiver must not have.
  if (goal.promotion.epoch !== reign) return `it knows of the reign of epoch ${goal.promotion.epoch}, not ${reign}`;
  if (!seen.answering) return 'its server does not answer';
  if (seen.diverged) return 'its history is not the present one';
  if (!seen.settled) return 'it is not yet what it is to be itself';
  return null;
}

/** Starts mariabackup on the running server; it is killed when `signal` aborts. */
export async function streamBackup(options: DatabaseOptions, signal: AbortSignal): Promise<Backup> {
  const { clock } = options;
  const paths = pathsOf(options.folder);
  const owner = ownerOf(options.osUser);
  await ownedFolder(paths.run, owner);
  await freshFolder(join(paths.run, 'backup'), owner);
  await ownedFolder(paths.temporary, owner);
  // The password stands in a file of mode 0600: every user of the machine may read a command line.
  const login = `[mariabackup]\nuser=${ADMIN_USER}\npassword="${options.secrets.adminPassword}"\nsocket=${paths.socket}\n`;
  await writeDurably(paths.backupConfig, login, owner);
  const pace = createPace(clock.mono());
  const stopGivingWay = await giveWay(clock, join(paths.temporary, 'pulse.backup'), pace);
  const log = await open(paths.backupLog, 'a', 0o640);
  const command = [
    ...IN_THE_BACKGROUND,
    'mariabackup',
    `--defaults-file=${paths.backupConfig}`,
    '--backup',
    '--stream=mbstream',
    `--log-copy-interval=${LOG_COPY_INTERVAL_MS}`,
    `--datadir=${paths.data}`,
    `--target-dir=${join(paths.run, 'backup')}`,
    `--tmpdir=${paths.temporary}`,
  ];
  const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', log.fd], ...(owner ?? {}) });
  const output = child.stdout!;
  const kill = () => {
    child.kill('SIGKILL');
    output.destroy();
  };
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  const wentWell = new Promise<void>((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`mariabackup cannot be started: ${error.message}`)));
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`mariabackup ended with ${code ?? 'a signal'}`)),
    );
  });
  const ended = wentWell
    .catch(() => {})
    .then(() => {
      signal.removeEventListener('abort', kill);
      log.close().catch(() => {});
      // Not waited for: a pulse on a disk that hangs does not come back.
      stopGivingWay().catch(() => {});
    });
  return {
    async send(sink) {
      const passing = (bytes: number) => heldBack(clock, pace, bytes);
      const [bytes] = await Promise.all([carryBackup(output, sink, passing), wentWell]);
      return bytes;
    },
    ended,
    throttled: () => pace.throttled(clock.mono()),
  };
}

/** Resolves when `pace` lets more pass after these; null: at once. */
export function heldBack(clock: Clock, pace: Pace, bytes: number): Promise<void> | null {
  const waitMs = pace.take(bytes, clock.mono());
  // Timers are no finer: what is less is made up for by the next.
  return waitMs < 1 ? null : clock.sleep(waitMs);
}

/** Bytes of all files in the data directory that a backup holds (binlogs, relay logs and the redo log are not in it). */
export async function dataBytes(options: DatabaseOptions): Promise<number> {
  const { data } = pathsOf(options.folder);
  const entries = await readdir(data, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile() && !/^(bin|relay)\.|^ib_logfile/.test(entry.name));
  const sizes = await Promise.all(
    files.map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        (found) => found.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
