/**
 * Keeps one copy's binlogs to a limit of size, since the server knows none. What a copy reads at this moment the server itself never
 * removes, and nothing goes while a backup is taken or has just been: whoever was built from it begins to read where it ended.
 */
import type { MonoMs } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Session } from './session.ts';

export interface BinlogLimits {
  /** The server's own limit of age (`binlog_expire_logs_seconds`). */
  keepMs: number;
  mostBytes: number;
}

export const DEFAULT_BINLOGS: BinlogLimits = { keepMs: 7 * 86_400_000, mostBytes: 4e9 };

/** So many files at the least are kept, whatever they hold: the newest is written to, the one before may be what was just sent. */
const LEAST_FILES = 2;
const AFTER_BACKUP_MS = 10 * 60_000;
const STATEMENT_MS = 5_000;
/** People are told when what others still read is so many times the limit. */
const TOLD_FROM = 2;

export interface Binlogs {
  /** One look, and what follows from it; rejects when the server does not answer. */
  look(): Promise<void>;
  /** Null: nothing that people should know. */
  trouble(): string | null;
}

export function createBinlogs(
  clock: Clock,
  log: Log,
  session: Session,
  { mostBytes }: BinlogLimits,
  /** When a backup of this copy was last seen under way; null: never. */
  backupAt: () => MonoMs | null,
): Binlogs {
  let trouble: string | null = null;
  const list = async () =>
    (await session.query('SHOW BINARY LOGS', STATEMENT_MS)).map((row) => ({
      name: String(row.Log_name),
      bytes: Number(row.File_size),
    }));
  return {
    async look() {
      const before = await list();
      const first = firstToKeep(before, mostBytes);
      const lately = backupAt();
      if (first === null || (lately !== null && clock.mono() - lately < AFTER_BACKUP_MS)) {
        trouble = null;
        return;
      }
      await session.query(`PURGE BINARY LOGS TO '${first}'`, STATEMENT_MS);
      const left = await list();
      const [had, has] = [sum(before), sum(left)];
      if (has < had) log.info({ had, has, mostBytes }, 'binlogs beyond the limit are removed');
      trouble =
        has > TOLD_FROM * mostBytes && firstToKeep(left, mostBytes) !== null
          ? `its binlogs take ${Math.round(has / 1e6)} MB of ${Math.round(mostBytes / 1e6)} MB: another copy still reads the oldest`
          : null;
    },
    trouble: () => trouble,
  };
}

/** `logs`: oldest first. The first of them that may stay; null: all may. */
export function firstToKeep(logs: { name: string; bytes: number }[], mostBytes: number): string | null {
  let bytes = 0;
  let keep = 0;
  for (const one of logs.toReversed()) {
    bytes += one.bytes;
    if (bytes > mostBytes && keep >= LEAST_FILES) break;
    keep += 1;
  }
  return keep >= logs.length ? null : logs[logs.length - keep]!.name;
}

function sum(logs: { bytes: number }[]): number {
  return logs.reduce((total, { bytes }) => total + bytes, 0);
}
