/**
 * The record that says, for one site, which zone is which. Everyone else makes it true.
 *
 *   new ──▶ single ──▶ growing ──▶ protected ──▶ promoting ──▶ opening ──▶ single …
 *           (exposed)  (exposed)    │      ▲      (exposed)     (exposed)
 *                                   ▼      │
 *                                 handing-over ──▶ promoting …
 */
import type { FindingCode, RefusalCode } from './finding.ts';
import type { Epoch, Gtid, SiteId, WallMs, ZoneId } from './ids.ts';
import type { Drill, Order, OrderKind } from './order.ts';

/** What the newly live copy had received when it cut its replication: the line that returning servers are compared with. */
export interface Promotion {
  /** The epoch that made the copy live. */
  epoch: Epoch;
  /** The zone that was live before; null for the first reign. */
  from: ZoneId | null;
  /** `Gtid_IO_Pos` at the cut; null until the newly live copy has reported it. Before this is on record that copy acknowledges nothing. */
  position: Gtid | null;
  /** The copy has been seen writable after its line was recorded; until then the edges hold writes. */
  open: boolean;
  /** Set when a person gave up what only the former live copy had: whose word it was, and the incident in which what was lost is told. */
  acceptedLoss: {
    by: string;
    why: string;
    at: WallMs;
    incident: string | null;
    /** The former live copy of a site that runs in one zone has been compared with this one, and was released again. */
    compared?: boolean | undefined;
  } | null;
}

/** One move of the live copy, kept so that moves between living zones can be limited. */
export interface Move {
  at: WallMs;
  from: ZoneId;
  to: ZoneId;
  /** Code of the finding that it answered; null: a planned one. */
  because: FindingCode | null;
  /** Of a planned one: which order it carried out. */
  order?: { kind: OrderKind; at: WallMs } | undefined;
}

/** So many moves are remembered, the newest last. */
export const MOST_MOVES = 8;

export interface Placement {
  site: SiteId;
  epoch: Epoch;
  live: ZoneId;
  /** The one copy that acknowledges commits, or that is being made to. */
  standby: ZoneId | null;
  /** True: the standby has every acknowledged write, and may be promoted. */
  inSync: boolean;
  /** Copies that follow without acknowledging, in order of preference. Never contains live or standby. */
  spares: ZoneId[];
  /** False only until the first live copy has created its database: the one time when an empty database is right. */
  initialised: boolean;
  /** How the present live copy became live. */
  promotion: Promotion;
  /**
   * How the copy in `promotion.from` had become live; kept until the newly live copy's line is on record. Until then that one has
   * acknowledged nothing, and when it is lost the move is taken back.
   */
  former: Promotion | null;
  /** The open incident that this site is part of, or null. */
  incident: string | null;
  /** Code of the decision that made this epoch (see decide/). */
  decision: string;
  /** When this epoch was committed, by the committing controller's clock. */
  committedAt: WallMs;
  /** When the site last became protected or exposed. */
  protectionSince: WallMs;
  /** At most `MOST_MOVES`, newest last. */
  moves: Move[];
  /** A person's word that the next move may be made (policy `ask-first`); used up by the move. */
  approval: { at: WallMs; by: string } | null;
  /** A move that was asked for and is under way. */
  order: Order | null;
  /** A drill under way. */
  drill: Drill | null;
  /** When the newest drill ended; null: there was none. */
  drilledAt: WallMs | null;
  /** Why it is meant to be without a standby, as the code of a refusal; null, or left out by older records: it is not. */
  exposedBy?: Extract<RefusalCode, 'not-protected-by-plan'> | null | undefined;
}

export type Phase = 'new' | 'promoting' | 'opening' | 'single' | 'growing' | 'handing-over' | 'protected';

/** The phase is derived, never stored: a crash can leave no placement whose phase disagrees with it. */
export function phaseOf(placement: Placement): Phase {
  if (!placement.initialised) return 'new';
  if (placement.promotion.position === null) return 'promoting';
  if (!placement.promotion.open) return 'opening';
  if (placement.standby === null) return 'single';
  if (!placement.inSync) return 'growing';
  return placement.order?.holding ? 'handing-over' : 'protected';
}

/** Losing the live zone of a protected site loses nothing. */
export function isProtected(placement: Placement): boolean {
  const phase = phaseOf(placement);
  return phase === 'protected' || phase === 'handing-over';
}

/** Meant to run in one zone, and does: no other copy has a role. */
export function runsAlone(placement: Placement): boolean {
  return placement.exposedBy != null && phaseOf(placement) === 'single' && placement.spares.length === 0;
}

export type Role = 'live' | 'standby' | 'spare' | 'none';

/** What the copy in `zone` has to be under this placement. `none`: no process runs; data that is there stays. */
export function roleOf(placement: Placement, zone: ZoneId): Role {
  if (placement.live === zone) return 'live';
  if (placement.standby === zone) return 'standby';
  return placement.spares.includes(zone) ? 'spare' : 'none';
}

/** The zone that the copy in `zone` follows: a spare follows the in-sync standby, so that it is never ahead of it. */
export function sourceOf(placement: Placement, zone: ZoneId): ZoneId | null {
  const role = roleOf(placement, zone);
  if (role === 'standby') return placement.live;
  if (role === 'spare') return placement.inSync && placement.standby !== null ? placement.standby : placement.live;
  return null;
}

/** The first placement of a site: live in its first zone, nothing created yet. */
export function firstPlacement(site: SiteId, live: ZoneId, now: WallMs): Placement {
  return {
    site,
    epoch: 1,
    live,
    standby: null,
    inSync: false,
    spares: [],
    initialised: false,
    promotion: { epoch: 1, from: null, position: null, open: false, acceptedLoss: null },
    former: null,
    incident: null,
    decision: 'site-added',
    committedAt: now,
    protectionSince: now,
    moves: [],
    approval: null,
    order: null,
    drill: null,
    drilledAt: null,
    exposedBy: null,
  };
}
