/**
 * What really happened in one simulated run, as nobody inside it could know it all: the checkers read this and nothing else.
 * Times are milliseconds of virtual time since the run began.
 */
import type { Epoch, Finding, Gtid, Placement, Refusal, SiteId, ZoneId } from '../src/model/index.ts';
import type { Fault } from './world/faults.ts';
import type { Want } from './world/people.ts';

export type SimMs = number;
/** One visitor's write, as its sender names it; unique in the run. */
export type WriteId = number;

export type SimEvent = { at: SimMs } & (
  | { kind: 'calm' } // from here on no fault is under way or will come
  /** What a site's description asks for, as far as checkers have to know. First events of a run. */
  | { kind: 'site'; site: SiteId; copies: number; zones: readonly ZoneId[]; frozen: boolean }
  /** The store has a description by which the site runs in one zone (`alone`), or is protected (again). */
  | { kind: 'plan'; site: SiteId; alone: boolean }
  /** A person asked a controller for something. `outcome`: the sentence that was answered; `status`: as of HTTP, 0 without an answer. */
  | { kind: 'asked'; want: Want; of: string; about: string; status: number; outcome: string }
  /** The store says of a zone that every site is taken out of it, or that it is in use again. */
  | { kind: 'evacuated'; zone: ZoneId; evacuated: boolean }
  /**
   * A fault begins. `id` is the fault's place in the plan; `fault` says whom it really hit: a target `here` is replaced by the
   * process in which the step was taken. `target` and `detail` are for people.
   */
  | { kind: 'fault'; id: number; fault: Fault; verb: string; target: string; detail: string }
  /** It ends (for a crash: the process is started again). */
  | { kind: 'heal'; id: number; verb: string; target: string }
  /**
   * The store took a placement. `before` is what it replaced; null for a site's first. `decidedAt`: when the committing controller
   * asked the store for it, which may be long before the store took it.
   */
  | {
      kind: 'commit';
      by: string;
      placement: Placement;
      before: Placement | null;
      because: Finding | null;
      decidedAt: SimMs;
    }
  /** A controller's turn refuses what its turn before did not (by site, code and epoch). `by`: `controller:b`, as everywhere. */
  | { kind: 'refusal'; by: string; refusal: Refusal; because: Finding | null; epoch: Epoch }
  /** The first turn (also one that trusts nothing) that does not refuse it any more. */
  | { kind: 'refusal-over'; by: string; site: SiteId; code: Refusal['code']; epoch: Epoch }
  /** A controller's turn found what its turn before did not. */
  | { kind: 'finding'; by: string; finding: Finding }
  /** A controller forgot its window after a pause. */
  | { kind: 'forgot'; by: string; stalledMs: number }
  /** An edge put a route into effect, or came back with one. */
  | { kind: 'route'; edge: string; site: SiteId; epoch: Epoch; live: ZoneId }
  /** An edge let the visitors of a site that was about to move go again, `forMs` after it had begun to hold them under this epoch. */
  | { kind: 'held'; edge: string; site: SiteId; epoch: Epoch; forMs: SimMs }
  | { kind: 'write-sent'; write: WriteId; site: SiteId; edge: string }
  /** The edge handed the request's bytes to a copy. */
  | { kind: 'write-dispatched'; write: WriteId; site: SiteId; edge: string; zone: ZoneId; epoch: Epoch }
  /** A database has the transaction in its binlog (acknowledged to nobody yet). */
  | { kind: 'write-executed'; write: WriteId; site: SiteId; zone: ZoneId; gtid: Gtid }
  /** The database told its client OK. */
  | { kind: 'write-committed'; write: WriteId; site: SiteId; zone: ZoneId; gtid: Gtid }
  /** The visitor was told it was done. */
  | { kind: 'write-acked'; write: WriteId; site: SiteId; zone: ZoneId }
  | { kind: 'write-failed'; write: WriteId; site: SiteId; outcome: 'unknown' | 'refused' | 'timeout'; sentAt: SimMs }
  | { kind: 'read-answered'; site: SiteId; zone: ZoneId; edge: string; heldMs: number }
  | { kind: 'read-failed'; site: SiteId; edge: string; outcome: string; sentAt: SimMs }
  /** A server's ability to acknowledge a commit changed. */
  | { kind: 'can-acknowledge'; site: SiteId; zone: ZoneId; can: boolean; why: string }
  /** A server is writable as the live one under a reign. `holds`: the writes that it begins with. */
  | { kind: 'promoted'; site: SiteId; zone: ZoneId; epoch: Epoch; position: Gtid; holds?: WriteId[] }
  /**
   * A server that was to become live refuses to: it died with transactions received and not applied, and would lose them. Known
   * of the real one, and a double fault; the site stands still until a person decides.
   */
  | { kind: 'stopped-short'; site: SiteId; zone: ZoneId; epoch: Epoch }
  /** Transactions that a server dropped: its un-acknowledged tail. */
  | { kind: 'truncated'; site: SiteId; zone: ZoneId; writes: WriteId[] }
  /** Transactions that were moved aside with their data directory. */
  | { kind: 'set-aside'; site: SiteId; zone: ZoneId; writes: WriteId[] }
  /** Data deleted for good. Nothing of the real system does this to what exists only once. */
  | { kind: 'deleted'; site: SiteId; zone: ZoneId; writes: WriteId[] }
  /** An incident was opened, or appended to, in the store. */
  | { kind: 'incident'; id: string; key: string; codes: string[] }
  /** Last event of a run: what every running server of the site holds, applied. */
  | { kind: 'end'; site: SiteId; placement: Placement; holds: Record<ZoneId, WriteId[]> }
);

export interface SimRun {
  seed: number;
  /** What was asked of the run, so that a failure can be read without running it again. */
  plan: string[];
  events: SimEvent[];
  calmAt: SimMs;
  endedAt: SimMs;
}

/** One property of the design. `check` answers each breach in one sentence with its time; nothing: it held. */
export interface Checker {
  /** `I1`, or a name of its own for what is not an invariant of the design. */
  name: string;
  /** The property, in one sentence. */
  says: string;
  check(run: SimRun): { at: SimMs; breach: string }[];
}

/**
 * Bugs that can be switched on to show that the checkers see them. The simulator hands the set to the parts that can have them;
 * none of them exists in src/.
 */
export const BUGS = [
  'promote-without-in-sync', // fail over to a standby that is not recorded in sync
  'shrink-before-recording', // the live database stops waiting before the record says so
  'trust-one-observer', // one observer's silence makes a zone dark
  'no-fence', // promote without breaking the replication first
  'ack-without-standby', // commits are acknowledged while the standby is away
  'spare-acknowledges', // an asynchronous copy's acknowledgement counts
  'edge-takes-lower-epoch', // an edge follows a lower epoch after its restart
  'replay-post', // the edge sends a write again after its bytes were sent
  'decide-after-pause', // a paused controller decides on what it heard before
  'rejoin-without-compare', // a returning server follows without comparing its history
  'delete-diverged', // a diverged data directory is deleted instead of set aside
  'no-compare-and-set', // the store takes a placement whatever epoch it was decided on
  'clock-compared', // ages are computed from two machines' wall clocks
  'flap-limit-on-dead-zone', // the limit on moves holds a site in a dead zone
  'zone-moves-for-one-site', // one sick site moves its zone
  'forget-standby-after-failover', // no new standby is ever chosen
  'silent-refusal', // refusals are not recorded
  'switchover-before-idle', // a planned move does not wait until nothing is under way
  'edge-holds-for-ever', // an edge does not let held visitors go by itself
  'loss-accepted-unasked', // acknowledged writes are given up without anybody's word
  'take-back-too-late', // a move is taken back although the newly live copy may have acknowledged something
  'open-without-claim', // an incident is opened whoever else opens one about the same
  'close-unseen', // a controller that cannot see a trouble takes it for over
  'step-down-with-waiters', // what was live steps down although commits wait for an acknowledgement
  'restart-forgets-received', // a copy passes for whole after a restart, and what it had only received is gone
] as const;
export type Bug = (typeof BUGS)[number];
