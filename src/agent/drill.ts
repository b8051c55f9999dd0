/**
 * The fault of a drill, made here to this zone's live copy, once and never again: the drill is noted on disk before anything is done, so
 * that neither a restart of the agent nor a second look at the record repeats it.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ActionReport, Drill, DrillFault, Placement, SiteId, WallMs, ZoneId } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import { readJson, writeWhole } from '../platform/files.ts';
import type { Log } from '../platform/log.ts';
import { identityOf, isRunning, type ProcessIdentity } from '../platform/processes.ts';

/** What is frozen goes on after so long, whoever is alive by then. */
export const FROZEN_MS = 8_000;

export interface DrillHandOptions {
  site: SiteId;
  zone: ZoneId;
  clock: Clock;
  log: Log;
  /** The copy's own; drills are noted in `drill.json`, and the applications' processes are found by their `app-NAME.pid`. */
  runFolder: string;
  /** Whose `processFile` is written by `mariadb/server.ts`; the server's command line names its `configFile`. */
  database: { processFile: string; configFile: string };
}

export interface DrillHand {
  /** `calm`: the copy is live under this very record, which the store has confirmed. */
  pursue(placement: Placement, calm: boolean): void;
  actions(): ActionReport[];
}

type Fault = Exclude<DrillFault, 'move'>;

interface Note {
  id: string;
  fault: DrillFault;
  epoch: number;
  at: WallMs;
  tookMs: number;
  /** `failed` until it is done: one that was interrupted is not begun again. */
  outcome: ActionReport['outcome'];
  detail: string;
}

export function createDrillHand(options: DrillHandOptions): DrillHand {
  const { site, zone, clock, log, runFolder } = options;
  const file = join(runFolder, 'drill.json');
  let newest = readJson(file) as Note | null;
  let begun = newest?.id ?? null;

  const make = async ({ id }: Drill, fault: Fault, epoch: number) => {
    const note: Note = { id, fault, epoch, at: clock.wall(), tookMs: 0, outcome: 'failed', detail: 'was interrupted' };
    await writeWhole(file, JSON.stringify(note));
    const startedAt = clock.mono();
    note.at = clock.wall();
    const victims = victimsOf(fault, options);
    await MAKE[fault](victims);
    note.outcome = victims.length > 0 ? 'done' : 'failed';
    note.detail = victims.length > 0 ? `process ${victims.map(({ pid }) => pid).join(', ')}` : 'nothing of it runs';
    note.tookMs = Math.round(clock.mono() - startedAt);
    newest = note;
    log.warn({ drill: id, fault, outcome: note.outcome, detail: note.detail }, 'a drill made its fault');
    await writeWhole(file, JSON.stringify(note));
  };

  return {
    pursue({ drill, live, epoch }, calm) {
      if (!calm || drill === null || drill.fault === 'move' || drill.id === begun) return;
      if (drill.stage !== 'away' || drill.stopped !== null || drill.home !== zone || live !== zone) return;
      begun = drill.id;
      make(drill, drill.fault, epoch).catch((error) => log.error({ err: error, drill: drill.id }, 'a drill failed'));
    },
    actions() {
      if (newest === null) return [];
      const { id, fault, epoch, at, tookMs, outcome, detail } = newest;
      const told = { verb: `drill-${fault}`, epoch, startedAt: at, tookMs, outcome, detail };
      return [{ id: `${site}/${zone}/${epoch}/drill/${id}`, ...told }];
    },
  };
}

interface Victim {
  pid: number;
  /** As `kill` takes it: an application's whole group. */
  target: number;
}

const MAKE: Record<Fault, (victims: Victim[]) => void | Promise<void>> = {
  'kill-database': kill,
  'kill-application': kill,
  'freeze-database': freeze,
  'freeze-application': freeze,
};

function victimsOf(fault: Fault, { runFolder, database }: DrillHandOptions): Victim[] {
  if (fault === 'kill-database' || fault === 'freeze-database') return databaseIn(database);
  const files = readdirSync(runFolder).filter((name) => name.startsWith('app-') && name.endsWith('.pid'));
  return files.flatMap((name) => {
    const identity = (readJson(join(runFolder, name)) as { identity?: ProcessIdentity } | null)?.identity;
    return identity !== undefined && isRunning(identity) ? [{ pid: identity.pid, target: -identity.pid }] : [];
  });
}

/** The note lies in the database user's folder: nothing but this copy's server is taken for it. */
function databaseIn({ processFile, configFile }: DrillHandOptions['database']): Victim[] {
  const written = readJson(processFile) as { pid?: number; startedTicks?: string } | null;
  if (typeof written?.pid !== 'number') return [];
  const { pid } = written;
  const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  const isIt = command.includes(`--defaults-file=${configFile}`);
  return isIt && identityOf(pid)?.startTicks === written.startedTicks ? [{ pid, target: pid }] : [];
}

function kill(victims: Victim[]): void {
  for (const { target } of victims) process.kill(target, 'SIGKILL');
}

/**
 * Frozen and thawed by one and the same process, apart from the agent: there is no moment in which something is frozen that nobody
 * is left to thaw. A signal that would end it makes it thaw at once.
 */
const FREEZE = `
thaw() { for each in "$@"; do kill -s CONT -- "$each" 2>/dev/null; done; }
trap 'thaw "$@"; exit' HUP INT TERM
for each in "$@"; do kill -s STOP -- "$each"; done
sleep ${FROZEN_MS / 1_000} & wait $!
thaw "$@"
`;

async function freeze(victims: Victim[]): Promise<void> {
  if (victims.length === 0) return;
  const child = spawn('/bin/sh', ['-c', FREEZE, 'holdfast-drill', ...victims.map(({ target }) => String(target))], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', () => resolve());
    child.once('error', reject);
  });
  child.unref();
}
