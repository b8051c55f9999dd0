/** The vocabulary of codes: what the detector may conclude, what is decided, what is refused and why. */
import type { Impact, ObserverId, SiteId, UpdateState, WallMs, ZoneId } from './index.ts';

export type FindingCode =
  | 'zone-dark'
  | 'zone-erring'
  | 'zone-slow'
  | 'trouble-everywhere'
  | 'copy-down'
  | 'copy-erring'
  | 'copy-slow'
  | 'copy-stuck'
  | 'standby-lost'
  | 'observer-sick';

/** One observer's part in a finding, in numbers. */
export interface Evidence {
  observer: ObserverId;
  /** One short sentence with its figures: `no answer for 640 ms (timeout)`. */
  saw: string;
}

export interface Finding {
  code: FindingCode;
  /** The zone it is about; for `observer-sick` the zone the observer sits in, or null for an edge. */
  zone: ZoneId | null;
  /** The site, for findings about one copy. */
  site: SiteId | null;
  /** The observer, for `observer-sick`. */
  observer: ObserverId | null;
  /** For how long what was found has held, by the finder's clock: the silence, or the time since the trouble began. */
  forMs: number;
  /** The programs there are known to be gone (connections are refused), not merely silent. */
  outright: boolean;
  /** Requests now, times what is usual there at this hour: trouble that comes with the load would follow it. Null: not known, or beside the point. */
  loadRatio: number | null;
  evidence: Evidence[];
  /**
   * Of a zone that still answers: its sites that are, as far as is known, more likely well than not, or whose standby has not proved to do
   * better. It is not about them.
   */
  well?: readonly SiteId[];
}

/** Stable name of what a finding is about, used to group: `zone-dark:a`, `copy-down:a:wordpress`. */
export function subjectOf(finding: Finding): string {
  return [finding.code, finding.zone ?? finding.observer, finding.site].filter((part) => part !== null).join(':');
}

export type DecisionCode =
  | 'site-added'
  | 'record-initialised'
  | 'failover'
  | 'record-promotion'
  | 'give-up-standby'
  | 'choose-standby'
  | 'record-in-sync'
  | 'take-in-spare'
  | 'open-incident'
  | 'close-incident'
  | 'approve'
  | 'record-open'
  | 'take-back'
  | 'order'
  | 'prefer-target'
  | 'hand-over'
  | 'let-go'
  | 'call-off'
  | 'switchover'
  | 'accept-loss'
  | 'add-spare'
  | 'protect'
  | 'unprotect'
  | 'release-copy'
  | 'begin-drill'
  | 'drill-there'
  | 'drill-home'
  | 'stop-drill'
  | 'end-drill';

export type RefusalCode =
  | 'standby-not-in-sync'
  | 'not-protected-by-plan'
  | 'standby-unwell'
  | 'promotion-underway'
  | 'would-not-help'
  | 'trouble-everywhere'
  | 'load-follows'
  | 'no-room'
  | 'moved-recently'
  | 'waiting-it-out'
  | 'waits-for-approval'
  | 'no-spare-zone'
  | 'database-not-created'
  | 'standby-behind'
  | 'zone-evacuated'
  | 'freeze-window'
  | 'order-underway'
  | 'not-calm'
  | 'not-wanted'
  | 'drill-unsafe';

export interface Refusal {
  site: SiteId;
  code: RefusalCode;
  /** The whole sentence for people, with its numbers. */
  sentence: string;
  evidence: Evidence[];
}

/** One link of an incident's chain. */
export interface IncidentEntry {
  at: WallMs;
  kind: 'observation' | 'finding' | 'decision' | 'refusal' | 'action' | 'result' | 'note';
  /** Who wrote it: `controller:b`. */
  by: string;
  site: SiteId | null;
  /** FindingCode, DecisionCode, RefusalCode, action verb, or `protected`. */
  code: string;
  sentence: string;
  evidence: Evidence[];
  /** Set for actions, so that two controllers append each only once. */
  actionId?: string;
  epoch?: number;
  tookMs?: number;
  /** Of a finding: for how long it had held by then. */
  forMs?: number;
  /** What the incident came to for the site (`impact`). */
  impact?: Impact;
  /** Of what a person wrote (`update`): the state that they put the incident in, and whether everybody may read it. */
  update?: { state: UpdateState; public: boolean };
}

export interface Incident {
  id: string;
  subject: string;
  openedAt: WallMs;
  closedAt: WallMs | null;
  sites: SiteId[];
  entries: IncidentEntry[];
}

/**
 * Which incident is the newest about a subject that sites have in common (`subjectOf`). Whoever opens an incident replaces the claim in
 * the same transaction, so that one event opens one. What is about one site alone needs none: that site's epoch decides. So there are no
 * more claims than zones and observers, times the codes.
 */
export interface Claim {
  subject: string;
  /** The incident's id. */
  incident: string;
}

/** What has to be so still when an incident is opened: nobody has opened another about the subject since `after` (null: ever). */
export interface Opening {
  subject: string;
  after: string | null;
}

/** With so many times the usual requests the load may be what fails, and a move takes it along. */
export const RUSH_TIMES = 2;
