/** What about a copy the controllers must hear of at once, what soon, and what only when its turn comes: a complete list of its fields. */
import type { ApplicationReport, CopyReport, DatabaseReport, DiskReport } from '../model/index.ts';

/** How urgent it is that the present be told after what was told last. */
export type Urgency = 'at-once' | 'soon' | 'in-turn';

/** `sinceMs`: how long ago `told` was told. */
type Differs<T> = (told: T, now: T, sinceMs: number) => boolean;
type Fields<T> = { [F in keyof T]: Differs<T[F]> };
/** Those of the fields that can differ at all. */
type Watched<T> = { field: keyof T; differs: Differs<never> }[];

const unequal: Differs<unknown> = (told, now) => told !== now;
const never: Differs<unknown> = () => false;
/** Readers add the time that has passed by themselves: only that it began anew is news. */
const begunAnew: Differs<number> = (told, now, sinceMs) => now + ROUNDING_MS < told + sinceMs;
const ROUNDING_MS = 20;
const cameOrWent: Differs<unknown> = (told, now) => (told === null) !== (now === null);

/** Of `max_connections`: from here on the next visitors find none left. */
const NEARLY_ALL = 0.9;
const isCrowded = ({ used, most }: NonNullable<DatabaseReport['connections']>) => used >= NEARLY_ALL * most;

const DISK = watched<DiskReport>({
  freeBytes: never,
  totalBytes: never,
  stuckForMs: (told, now, sinceMs) => told > 0 !== now > 0 || (now > 0 && begunAnew(told, now, sinceMs)),
  fsyncMs: never,
  full: unequal,
});

const DATABASE = watched<DatabaseReport>({
  state: unequal,
  stateForMs: begunAnew,
  trouble: unequal,
  writable: unequal,
  waitsFor: unequal,
  gatePosition: unequal,
  acknowledgerConnected: unequal,
  // Soon, see `moved`.
  binlogPosition: never,
  receivedPosition: never,
  appliedPosition: never,
  follows: unequal,
  ioRunning: unequal,
  sqlRunning: unequal,
  acknowledges: unequal,
  // Grows and falls back with every heartbeat; the youngest of all is told every time (telling.ts).
  heardAgoMs: cameOrWent,
  disk: (told, now, sinceMs) =>
    cameOrWent(told, now, sinceMs) || (told !== null && now !== null && anyOf(DISK, told, now, sinceMs)),
  connections: (told, now, sinceMs) =>
    cameOrWent(told, now, sinceMs) || (told !== null && now !== null && isCrowded(told) !== isCrowded(now)),
  build: (told, now) => told?.from !== now?.from || told?.stage !== now?.stage,
  // Grows with every report; a planned move asks whether there are any, and `soon` is soon enough.
  lag: cameOrWent,
  transactions: (told, now) => (told?.open ?? 0) > 0 !== (now?.open ?? 0) > 0,
});

const isWell = (status: number) => status >= 200 && status < 400;

const APPLICATION = watched<ApplicationReport>({
  state: unequal,
  stateForMs: begunAnew,
  // As long as all are well the next check says the same as the one before.
  checks: (told, now) =>
    !(told.every(isWell) && now.every(isWell)) &&
    (told.length !== now.length || told.some((one, at) => one !== now[at])),
  tookMs: never,
});

const COPY = watched<CopyReport>({
  site: unequal,
  epoch: unequal,
  settled: unequal,
  database: (told, now, sinceMs) => anyOf(DATABASE, told, now, sinceMs),
  application: (told, now, sinceMs) => anyOf(APPLICATION, told, now, sinceMs),
  promoted: (told, now) => told?.epoch !== now?.epoch || told?.position !== now?.position,
  initialised: unequal,
  actions: (told, now) =>
    told.length !== now.length ||
    told.some(({ id, startedAt }, at) => id !== now[at]?.id || startedAt !== now[at].startedAt),
  cache: (told, now) => told?.state !== now?.state,
  search: (told, now) => told?.state !== now?.state,
  salvage: (told, now) => told.length !== now.length,
});

export function urgencyOf(told: CopyReport, now: CopyReport, sinceMs: number): Urgency {
  if (anyOf(COPY, told, now, sinceMs)) return 'at-once';
  return moved(told.database, now.database) ? 'soon' : 'in-turn';
}

/** A standby that catches up is let in when it has come far enough. */
function moved(told: DatabaseReport, now: DatabaseReport): boolean {
  return (
    told.binlogPosition !== now.binlogPosition ||
    told.receivedPosition !== now.receivedPosition ||
    told.appliedPosition !== now.appliedPosition
  );
}

function watched<T extends object>(fields: Fields<T>): Watched<T> {
  return (Object.keys(fields) as (keyof T)[])
    .filter((field) => fields[field] !== never)
    .map((field) => ({ field, differs: fields[field] as Differs<never> }));
}

function anyOf<T extends object>(fields: Watched<T>, told: T, now: T, sinceMs: number): boolean {
  for (const { field, differs } of fields) {
    if (differs(told[field] as never, now[field] as never, sinceMs)) return true;
  }
  return false;
}
