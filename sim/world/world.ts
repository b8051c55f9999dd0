/** What all parts of a simulated world share. */
import type { EdgeId, SiteId, SiteSpec, ZoneId } from '../../src/model/index.ts';
import type { Log } from '../../src/platform/log.ts';
import type { Random } from '../random.ts';
import type { Bug, SimEvent, SimMs } from '../trace.ts';
import type { Application } from './agent/application.ts';
import type { Donor } from './agent/build.ts';
import type { ControllerSeat } from './controller.ts';
import type { DataDir, Txn } from './database/data-dir.ts';
import type { Server, Surroundings } from './database/server.ts';
import type { Engine } from './engine.ts';
import type { Place, StepName } from './faults.ts';
import type { SimOptions } from './index.ts';
import type { Network } from './network.ts';
import type { PlaceTime } from './process.ts';
import type { Seats } from './seats.ts';
import type { StoreService } from './store.ts';

/** `SimEvent` without its time. */
type Untimed<E> = E extends unknown ? Omit<E, 'at'> : never;
export type Happening = Untimed<SimEvent>;

/** A step of somebody's work, at which a fault may be due. */
export interface StepTaken {
  step: StepName;
  phase: 'before' | 'during' | 'after';
  zone: ZoneId;
  site: SiteId | null;
}

/** What one copy keeps on its disk, whatever becomes of the processes. */
export interface CopyDisk {
  dir: DataDir | null;
  aside: DataDir[];
  promotion: { epoch: number; position: string } | null;
  /** The newest reign that this copy has become writable in. */
  opened: number | null;
  gate: { standby: ZoneId; position: string | null } | null;
  /** Relay logs that are kept until all of them is applied; null: none. */
  received: Txn[] | null;
  /** The server that runs holds all that this copy acknowledged before its start. */
  complete: boolean;
  created: boolean;
  setUp: boolean;
  installed: boolean;
  serverId: number | null;
  /** The folder of the copy is there: it is of interest to the agent for ever. */
  folder: boolean;
}

/** How well a copy's host and application do, as faults would have it. */
export interface CopyHealth {
  fsyncMs: number | null;
  diskFull: number;
  appErrors: number;
  appHang: number;
  /** What goes on when the application hangs no more. */
  hung: (() => void)[];
}

export interface World {
  options: SimOptions;
  engine: Engine;
  random: Random;
  net: Network;
  seats: Seats;
  store: StoreService;
  timeOf(place: Place): PlaceTime;
  bug(name: Bug): boolean;
  /** Writes an event into the trace. */
  happened(event: Happening): void;
  /** Somebody takes a step; faults that wait for it begin at once. */
  step(taken: StepTaken): void;
  log: Log;
  zones: readonly ZoneId[];
  edges: readonly EdgeId[];
  specs: readonly SiteSpec[];
  disk(site: SiteId, zone: ZoneId): CopyDisk;
  health(site: SiteId, zone: ZoneId): CopyHealth;
  /** The database server that runs for this copy. */
  server(site: SiteId, zone: ZoneId): Server | null;
  setServer(site: SiteId, zone: ZoneId, server: Server): void;
  /** A number that no other has in this run. */
  nextId(): number;
  /** What the controllers' listeners are reached by. */
  controllers: Map<ZoneId, ControllerSeat>;
  fsyncMs(site: SiteId, zone: ZoneId): SimMs;
  surroundings: Surroundings;
  backups: { open(site: SiteId, from: ZoneId, to: ZoneId): Donor };
  /** The application that runs for this copy. */
  application(site: SiteId, zone: ZoneId): Application | null;
  setApplication(site: SiteId, zone: ZoneId, application: Application): void;
}

/** The programs' log lines go nowhere, but for those that `warn` is asked about. */
export function silentLog(warn: (fields: Record<string, unknown>) => void = () => {}): Log {
  const nothing = () => {};
  const log = {
    trace: nothing,
    debug: nothing,
    info: nothing,
    warn: (fields: Record<string, unknown>) => warn(fields),
    error: (fields: Record<string, unknown>) => {
      if (fields?.err instanceof Error) throw fields.err;
    },
    fatal: nothing,
    child: () => log,
  };
  return log as unknown as Log;
}
