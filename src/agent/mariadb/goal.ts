/** What a copy's database has to be, derived from the placement; and the face of the one object that makes it so. */
import type { ActionReport, DatabaseReport, Epoch, Gtid, Promotion, SalvageReport, ZoneId } from '../../model/index.ts';
import type { Backup } from './backup.ts';

/** Where to replicate from and, for building, which agent to stream from. */
export interface Source {
  zone: ZoneId;
  host: string;
  port: number;
  /** `host:port` of that zone's agent, which serves `GET /copies/SITE/backup`. */
  agent: string;
}

export type DatabaseGoal =
  | {
      role: 'live';
      epoch: Epoch;
      /** The copy that must acknowledge, once it is connected and close; null: nobody is waited for. */
      standby: ZoneId | null;
      inSync: boolean;
      /** How this copy became live; `position` is null until a controller has recorded what `promoted` reports. */
      promotion: Promotion;
      /** The one time when an empty data directory is right. */
      mayCreate: boolean;
    }
  | {
      role: 'standby' | 'spare';
      epoch: Epoch;
      source: Source;
      /** Whom to ask for a backup, the best first (`build-donors.ts`); left out: the source. */
      donors?: Source[];
      /** Compared with what this copy holds before it follows. Never followed while `promotion.position` is null. */
      promotion: Promotion;
    }
  | { role: 'none'; epoch: Epoch };

/** One copy's mariadbd. Owned by one caller; survives its owner (adopted again by the next one through its pid file and socket). */
export interface Database {
  /**
   * Sets the goal; returns at once. A loop of its own makes it true, level-triggered, and retries with a pause after failures.
   * A goal with a lower epoch than the present one is a programmer error. `fresh`: the epoch was confirmed by the store since
   * this agent started; without it a server that is up is left as it is, and nothing is promoted or released.
   */
  pursue(goal: DatabaseGoal, fresh: boolean): void;
  /** The newest sample (at most ~100 ms old while the server answers). Never blocks. */
  report(): DatabaseReport;
  /** Role that is entirely true now under the goal's epoch, or null. */
  settledEpoch(): Epoch | null;
  /** Set once this copy is ready to be live, applied all it had received and follows nobody: the reign's epoch and `Gtid_IO_Pos` at the cut ('' for the first reign). Survives restarts. */
  promoted(): { epoch: Epoch; position: Gtid } | null;
  /** True after the database and its users were created here. */
  created(): boolean;
  /** Data directories that were set aside and are still kept, oldest first. */
  salvage(): SalvageReport[];
  /** Looks at them again now: something else changed them. */
  lookAtSalvage(): Promise<void>;
  /** What was done lately, newest last, at most 20. */
  actions(): ActionReport[];
  /**
   * Begins a physical backup (mbstream) of this running copy; aborts with `signal`. `reign`: the promotion that the receiver follows.
   * Rejects with BackupRefused when this copy is no good donor now.
   */
  backup(signal: AbortSignal, reign: Epoch): Promise<Backup>;
  /** Bytes of the data directory, for the receiver's progress. */
  dataBytes(): Promise<number>;
  /** Stops watching; leaves the server running (an agent's end never stops its databases). */
  detach(): Promise<void>;
}
