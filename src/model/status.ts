/** The whole picture as one controller sees it, ready to be shown. */
import type {
  ApplicationState,
  AuxiliaryReport,
  BuildReport,
  DatabaseState,
  Epoch,
  ObserverId,
  OrderKind,
  Phase,
  ProbeFailure,
  Refusal,
  Role,
  SalvageReport,
  SiteId,
  WallMs,
  ZoneId,
} from './index.ts';

export interface ZoneStatus {
  zone: ZoneId;
  /** `unknown`: this controller has not heard enough yet to say. */
  state: 'healthy' | 'dark' | 'erring' | 'unknown';
  since: WallMs;
  /** Milliseconds since this controller last heard the zone's agent; null: never. */
  heardAgoMs: number | null;
  controllerHere: boolean;
  /** `host:port` of its agent; null: none has registered. */
  agent: string | null;
  /** A person has taken every site out of it; null: in use. */
  evacuated: { at: WallMs; by: string; why: string } | null;
  /** Who looks at it from outside, as far as they were heard lately, and what each sees. */
  observers: ObserverSight[];
}

export interface ObserverSight {
  observer: ObserverId;
  /** Since anything there answered this observer's probes; null: never. */
  answeredAgoMs: number | null;
  /** Why none of its newest probes was answered; null: one was. */
  failure: ProbeFailure | null;
  rttMs: number | null;
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
  /** While it is being built; null: it is not. */
  build: BuildStatus | null;
  trouble: string | null;
  /** Null: the site has none. */
  cache: AuxiliaryReport | null;
  search: AuxiliaryReport | null;
  /** What was set aside here and is kept until a person discards it. */
  salvage: SalvageReport[];
}

export interface BuildStatus extends BuildReport {
  /** What is left to copy, at the present rate; null: not known. */
  leftMs: number | null;
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
  /** A planned move that is under way; null: none. */
  order: OrderStatus | null;
  /** Where the planned move that is under way, or not yet over, can be read: an id for `holdfast incident`. */
  record: string | null;
}

export interface OrderStatus {
  kind: OrderKind;
  to: ZoneId;
  by: string;
  why: string;
  at: WallMs;
  holding: boolean;
  attempts: number;
  /** What comes next or is waited for, in words: `waiting for 2 requests`. */
  waitsFor: string;
}

export interface StatusView {
  controller: ZoneId;
  at: WallMs;
  /** False: the store has not answered this controller lately; placements may be old. */
  storeFresh: boolean;
  zones: ZoneStatus[];
  sites: SiteStatus[];
}
