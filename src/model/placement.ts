/**
 * The record that says, for one site, which zone is which. Everyone else makes it true.
 *
 *   new ──▶ single ──▶ growing ──▶ protected ──▶ promoting ──▶ single …
 *           (exposed)  (exposed)                 (exposed)
 */
import type { FindingCode } from './finding.ts';
import type { Epoch, Gtid, SiteId, WallMs, ZoneId } from './ids.ts';

/** What the newly live copy had received when it cut its replication: the line that returning servers are compared with. */
export interface Promotion {
  /** The epoch that made the copy live. */
  epoch: Epoch;
  /** The zone that was live before; null for the first reign. */
  from: ZoneId | null;
  /** `Gtid_IO_Pos` at the cut; null until the newly live copy has reported it. */
  position: Gtid | null;
}

/** One move of the live copy, kept so that moves between living zones can be limited. */
export interface Move {
  at: WallMs;
  from: ZoneId;
  to: ZoneId;
  /** Code of the finding that it answered; null: a planned one. */
  because: FindingCode | null;
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
}

export type Phase = 'new' | 'promoting' | 'single' | 'growing' | 'protected';

/** The phase is derived, never stored: a crash can leave no placement whose phase disagrees with it. */
export function phaseOf(placement: Placement): Phase {
  if (!placement.initialised) return 'new';
  if (placement.promotion.position === null) return 'promoting';
  if (placement.standby === null) return 'single';
  return placement.inSync ? 'protected' : 'growing';
}

/** Losing the live zone of a protected site loses nothing. */
export function isProtected(placement: Placement): boolean {
  return phaseOf(placement) === 'protected';
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
    promotion: { epoch: 1, from: null, position: null },
    incident: null,
    decision: 'site-added',
    committedAt: now,
    protectionSince: now,
    moves: [],
    approval: null,
  };
}
