/** What a controller answers to `GET /status`: the whole picture as this controller sees it, ready to be shown. */
import type { ApplicationState, DatabaseState, Epoch, Phase, Refusal, Role, SiteId, WallMs, ZoneId } from './index.ts';

export interface ZoneStatus {
  zone: ZoneId;
  /** `unknown`: this controller has not heard enough yet to say. */
  state: 'healthy' | 'dark' | 'erring' | 'unknown';
  since: WallMs;
  /** Milliseconds since this controller last heard the zone's agent; null: never. */
  heardAgoMs: number | null;
  controllerHere: boolean;
}

export interface CopyStatus {
  zone: ZoneId;
  role: Role;
  database: DatabaseState | 'unknown';
  application: ApplicationState | 'unknown';
  /** How far this copy is behind the live one in what it has applied, milliseconds; null where it does not follow. */
  lagMs: number | null;
  /** 0–1 while it is being built and the size is known. */
  buildProgress: number | null;
  trouble: string | null;
}

export interface SiteStatus {
  site: SiteId;
  hosts: string[];
  plan: string;
  epoch: Epoch;
  phase: Phase;
  protected: boolean;
  /** Since when it is protected, or exposed. */
  since: WallMs;
  live: ZoneId;
  standby: ZoneId | null;
  spares: ZoneId[];
  copies: CopyStatus[];
  incident: string | null;
  refusal: Refusal | null;
}

export interface StatusView {
  controller: ZoneId;
  at: WallMs;
  /** False: the store has not answered this controller lately; placements may be old. */
  storeFresh: boolean;
  zones: ZoneStatus[];
  sites: SiteStatus[];
}
