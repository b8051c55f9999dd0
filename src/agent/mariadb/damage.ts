/**
 * Data that a server cannot use: pages that a disk lost, a bug that broke an index. It ends by itself while it starts, each time again, or
 * cannot apply what it receives; a copy that follows is then set aside and built anew, at most once a day.
 */
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { MonoMs } from '../../model/index.ts';
import type { Context } from './context.ts';
import { exists } from './files.ts';
import { findSalvaged } from './salvage/manifest.ts';

/** The newest start of this agent's, and how many in a row before it ended over their data. */
export interface Starts {
  at: MonoMs;
  /** Of the server's own log, before it: what comes after is of this start. */
  logBytes: number;
  damaged: number;
}

/** So many in a row, with pauses that grow to seconds: what a second attempt mends is not damaged. */
const MOST_DAMAGED = 5;
/** One that ran for longer than this was started well. */
const RAN_MS = 60_000;
const MOST_LOG = 262_144;
const ONCE_IN_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** So begins why it was set aside. */
const DAMAGED = 'its data is damaged: ';

/** InnoDB's words for data that is not what it wrote, and the signals that end a server over it. Ports, rights, rooms and options are none. */
const DAMAGE =
  /\[ERROR\] (?:.*\bgot signal (?:4|6|7|8|11)\b|(?:InnoDB|Aria|mariadbd|mysqld).*?(?:corrupt|has been freed|Tablespace is missing|read in from .* should be|Encrypted tablespace|Missing FILE_CHECKPOINT|Invalid log header|log file .* is (?:damaged|malformed)))/i;

/** A server that has no room or no memory ends by signals too, and goes on with its data once it has. */
const WANT =
  /No space left on device|\berr(?:or|no):? 28\b|Disk is full|Disk full|Cannot allocate memory|Out of memory/i;

/** The first line of a server's log that says so; null: none does. */
export function damageIn(log: string): string | null {
  if (WANT.test(log)) return null;
  const line = log.split('\n').find((one) => DAMAGE.test(one));
  return line === undefined
    ? null
    : line
        .replace(/^.*?\[ERROR\] /, '')
        .trim()
        .slice(0, 300);
}

/** Of the thread that applies: its tables are damaged, not its history. ER_GET_ERRNO says only in words whether they are. */
const DAMAGED_TABLE = new Set([1034, 1194, 1195, 1712, 1812, 1877, 1932]);
const ENGINE_ERROR = 1030;

export function isDamagedTable(errno: number, error: string): boolean {
  return (
    DAMAGED_TABLE.has(errno) || (errno === ENGINE_ERROR && /tablespace is missing|corrupt|crashed|damaged/i.test(error))
  );
}

/** To be called before each start: remembers it, and tells what the one before ended over when it was the last of too many; null: go on. */
export async function noteStart({ memory, paths, clock }: Context): Promise<string | null> {
  const before = memory.starts;
  const logBytes = (await stat(paths.errorLog).catch(() => null))?.size ?? 0;
  const damage = before === null ? null : damageIn(await readFrom(paths.errorLog, before.logBytes));
  const ran = before === null || clock.mono() - before.at > RAN_MS;
  const damaged = damage === null ? 0 : ran ? 1 : before.damaged + 1;
  memory.starts = { at: clock.mono(), logBytes, damaged };
  return damaged >= MOST_DAMAGED ? damage : null;
}

async function readFrom(path: string, from: number): Promise<string> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return '';
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MOST_LOG), 0, MOST_LOG, from);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * The copy is to be set aside. Throws when one was for the same reason within a day, and is still kept: then it is not the data alone. What
 * was set aside tells, so that an agent killed in between sets it aside at the next attempt.
 */
export async function declareDamaged({ memory, options, clock }: Context, because: string): Promise<string> {
  const kept = (await findSalvaged(options.asideFolder, options.site)).findLast(
    ({ why }) => why.because?.startsWith(DAMAGED) && Math.abs(clock.wall() - why.at) < ONCE_IN_MS,
  );
  if (kept !== undefined && (await exists(join(kept.folder, 'data')))) {
    const hours = ((clock.wall() - kept.why.at) / HOUR_MS).toFixed(1);
    throw new Error(
      `${DAMAGED}${because}. So it was ${hours} h ago: this host's disk or memory may be at fault, and it is built anew once a day. At once after holdfast salvage discard ${kept.id}`,
    );
  }
  memory.starts = null;
  memory.diverged = `${DAMAGED}${because}`;
  return memory.diverged;
}
