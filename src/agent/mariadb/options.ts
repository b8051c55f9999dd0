/** What one copy's database is given once, and where it keeps things: every path in one place. */
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Epoch, SiteId, SiteSecrets, ZoneId } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Turnstile } from '../turnstile.ts';
import type { BinlogLimits } from './binlogs.ts';
import type { Source } from './goal.ts';
import type { HostLooks } from './look-pace.ts';
import type { SalvageLimits } from './salvage/limits.ts';

export interface DatabaseOptions {
  site: SiteId;
  zone: ZoneId;
  /** Every zone that the site may ever have a copy in, in the order of the site's description (server ids derive from it). */
  zones: ZoneId[];
  /** The site's slot; with the zone's index it makes the server id. */
  slot: number;
  /** The copy's folder, `${stateDir}/copies/${site}`; created if missing. The data directory is `data/` in it. */
  folder: string;
  /** Where data directories are kept that diverged, `${stateDir}/aside`; on the same file system as `folder`. */
  asideFolder: string;
  listen: { host: string; port: number };
  databaseName: string;
  secrets: SiteSecrets;
  /** Operating-system user of mariadbd; ignored when this process is not root. */
  osUser: string;
  bufferPoolMb: number;
  /** Shown to the source's agent when a backup is fetched. */
  clusterKey: string;
  /** How long, and how much of it, set-aside data directories are kept; `DEFAULT_SALVAGE` when left out. */
  salvage?: SalvageLimits;
  /** How long, and how much of them, binlogs are kept; `DEFAULT_BINLOGS` when left out. */
  binlogs?: BinlogLimits;
  /** Shared by the copies of this host; left out: this one is alone. */
  looks?: HostLooks;
  /** Likewise, how many databases are made from nothing at a time; left out: as many as are wanted. */
  makings?: Turnstile;
  clock: Clock;
  log: Log;
  /** Opens a source's backup stream; `fetchBackup` of build-fetch.ts when left out. */
  fetchBackup?: (source: Source, reign: Epoch, signal: AbortSignal) => Promise<BackupStream>;
}

export interface BackupStream {
  /** What `takeBackup` of backup-wire.ts takes: nothing of it is read yet. */
  connection: Duplex;
  /** Size of the source's data directory; null when it did not say. */
  totalBytes: number | null;
  /** Asks the source whether it holds the stream back; left out: it never does. */
  throttled?: () => Promise<boolean>;
}

/** Number of one zone's copy of one site: `slot * 100 + index of the zone + 1`. Throws when the zone is not one of the site's. */
export function copyNumberOf(options: Pick<DatabaseOptions, 'slot' | 'zones'>, zone: ZoneId): number {
  const index = options.zones.indexOf(zone);
  if (index < 0) throw new Error(`zone ${zone} is not among the site's zones (${options.zones.join(', ')})`);
  return options.slot * 100 + index + 1;
}

const STARTS = 100;

/**
 * A server id of its own for every start: `copy number * 100 + 0…99`, the one after `previous`. A replica skips events that carry its
 * own id; a server that was live, lost its newest commits in the crash and gets them back from its successor must not skip them.
 */
export function nextServerId(copyNumber: number, previous: number | null, wallMs: number): number {
  const last =
    previous !== null && copyNumberOfServer(previous) === copyNumber ? previous % STARTS : Math.floor(wallMs / 1000);
  return copyNumber * STARTS + ((last + 1) % STARTS);
}

/** The copy whose server, in whichever of its starts, has this id. */
export function copyNumberOfServer(serverId: number): number {
  return Math.floor(serverId / STARTS);
}

/** Every file and folder of one copy's database. */
export function pathsOf(folder: string) {
  // A folder of its own in `run/`: it belongs to the database's user, and others keep their files beside it.
  const run = join(folder, 'run', 'mariadb');
  return {
    data: join(folder, 'data'),
    partial: join(folder, 'data.partial'),
    socket: join(folder, 'db.sock'),
    run,
    config: join(run, 'mariadbd.cnf'),
    backupConfig: join(run, 'mariabackup.cnf'),
    /** Temporary files of mariadbd and mariabackup. */
    temporary: join(run, 'tmp'),
    process: join(run, 'process.json'),
    serverPid: join(run, 'mariadbd.pid'),
    errorLog: join(run, 'mariadbd.log'),
    backupLog: join(run, 'mariabackup.log'),
    /** Written before a promoted server becomes writable. */
    promotion: join(run, 'promotion.json'),
    /** Who is waited for; written before waiting begins, so that a new agent knows. */
    gate: join(run, 'gate.json'),
    created: join(run, 'created.json'),
    /** Written before commits are acknowledged that wait for nobody, and before it acknowledges to another. */
    keepsTail: join(run, 'keeps-tail.json'),
    /** Relay logs kept from before the last start, until all of them is applied. */
    received: join(run, 'received'),
    /** Those that could not be applied, the newest only. */
    unapplied: join(run, 'received.unapplied'),
    /** There while the server that runs now is proved to hold everything that it ever acknowledged. */
    complete: join(run, 'complete.json'),
  };
}
export type Paths = ReturnType<typeof pathsOf>;
