/** What the placement asks of this zone's copy, as pure functions: database goal, application wanted or not, role settled or not. */
import {
  type DatabaseReport,
  type DatabaseState,
  type Placement,
  portsOf,
  type Role,
  roleOf,
  sourceOf,
  type ZoneId,
  type ZoneRecord,
} from '../model/index.ts';
import { donorsFor } from './mariadb/build-donors.ts';
import type { DatabaseGoal, Source } from './mariadb/goal.ts';

/** Null when the zone to follow has not registered yet: then the copy stays as it is. */
export function toDatabaseGoal(
  placement: Placement,
  zone: ZoneId,
  zones: ReadonlyMap<ZoneId, ZoneRecord>,
  slot: number,
): DatabaseGoal | null {
  const { epoch, promotion } = placement;
  const role = roleOf(placement, zone);
  if (role === 'none') return { role, epoch };
  if (role === 'live') {
    // Only the first reign begins with an empty database, and only until it was filled.
    const mayCreate = !placement.initialised && promotion.from === null;
    return { role, epoch, standby: placement.standby, inSync: placement.inSync, promotion, mayCreate };
  }
  const from = sourceOf(placement, zone);
  const source = from === null ? null : toSource(zones.get(from), slot);
  if (source === null) return null;
  const donors = donorsFor(placement, zone).flatMap((one) => toSource(zones.get(one), slot) ?? []);
  return { role, epoch, source, donors, promotion };
}

function toSource(record: ZoneRecord | undefined, slot: number): Source | null {
  if (record === undefined || record.agent === null || record.host === null || record.portBase === null) return null;
  const { database } = portsOf(record.portBase, slot);
  return { zone: record.zone, host: record.host, port: database, agent: record.agent };
}

/** `prepare`: nothing runs, but what has to be installed is, so that it can be started without delay. */
export type ApplicationWish = 'run' | 'prepare' | 'nothing';

const APPLICATION_IN: Record<Role, ApplicationWish> = {
  live: 'run',
  standby: 'run',
  spare: 'prepare',
  none: 'nothing',
};

/** Once an application runs it goes on through a restart of its database, and ends only when there is none any more. */
const DATABASE_ALLOWS: Record<DatabaseState, 'start' | 'go-on' | 'stop'> = {
  absent: 'stop',
  building: 'stop',
  'setting-aside': 'stop',
  starting: 'go-on',
  down: 'go-on',
  running: 'start',
};

export function applicationWish(role: Role, database: DatabaseState, runsNow: boolean): ApplicationWish {
  if (APPLICATION_IN[role] !== 'run') return APPLICATION_IN[role];
  const allows = DATABASE_ALLOWS[database];
  return allows === 'start' || (allows === 'go-on' && runsNow) ? 'run' : 'prepare';
}

/**
 * What of the site's own work may be begun under a placement, where the copy is live, settled and writable. `setUp`: its first steps.
 * `start`: cron, rebuilding an index. While the visitors are held for a move nothing new begins.
 */
export function mayWork({ initialised, promotion, order }: Placement): { setUp: boolean; start: boolean } {
  const holding = order?.holding ?? false;
  return { setUp: !initialised && !holding, start: initialised && promotion.open && !holding };
}

/**
 * The role when all of it is true: the database under this epoch, and nothing of the application left where none may run.
 * A slow application does not hold a live or standby copy's role up: it is reported by itself.
 */
export function settledRole(role: Role, databaseSettled: boolean, applicationStopped: boolean): Role | null {
  if (!databaseSettled) return null;
  return APPLICATION_IN[role] === 'run' || applicationStopped ? role : null;
}

/** Before the database can be looked at (its secrets are not here yet). */
export function unknownDatabase(hasData: boolean, sinceMs: number): DatabaseReport {
  return {
    state: hasData ? 'down' : 'absent',
    stateForMs: Math.round(sinceMs),
    trouble: 'waiting for the store to give out the secrets of this site',
    writable: false,
    waitsFor: null,
    gatePosition: null,
    acknowledgerConnected: false,
    binlogPosition: '',
    receivedPosition: '',
    appliedPosition: '',
    follows: null,
    ioRunning: false,
    sqlRunning: false,
    acknowledges: false,
    heardAgoMs: null,
    disk: null,
    connections: null,
    build: null,
    lag: null,
    transactions: null,
  };
}
