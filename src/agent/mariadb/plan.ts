/**
 * What to do next with one copy's server: a complete table from (role, situation) to an action. Pure: the executor looks the
 * action up, does it, and asks again.
 *
 *   live:     create ─▶ resume          standby, spare:  build ─▶ start-rejoin ─▶ replay ─▶ follow
 *             promote ─▶ (writable) ─▶ admit ─▶ gate ⇄ release      (was live) step-down ─▶ follow (or, ended: start-rejoin ─▶ follow)
 *             start-plain ─▶ resume                               (diverged) set-aside ─▶ build
 */
import type { Epoch, ZoneId } from '../../model/index.ts';
import { isDamagedTable } from './damage.ts';
import type { DatabaseGoal, Source } from './goal.ts';
import type { Detour } from './judge.ts';
import type { Sample } from './sampler.ts';
import { replicationUser } from './users.ts';

/** Everything the plan depends on besides the goal. */
export interface Observed {
  zone: ZoneId;
  /** A complete data directory is here. A half-built one counts as absent. */
  data: boolean;
  process: 'none' | 'starting' | 'silent' | 'answering';
  /** How long `process` has been what it is, in milliseconds. */
  processForMs: number;
  /** The newest sample; only looked at while `process` is `answering`. */
  sample: Sample | null;
  /** The database and its users were made here, completely. */
  created: boolean;
  /** The reign for which this copy's promotion is on record. */
  promotedEpoch: Epoch | null;
  /** Who is known to be waited for, while commits wait. */
  waitsFor: ZoneId | null;
  /** The one zone whose acknowledgements this server lets in; undefined: not known since this agent started. */
  admitted: ZoneId | null | undefined;
  /** What was received before the last start is still to be applied. */
  kept: boolean;
  /** It is proved that the server holds all that this copy acknowledged before its start. */
  complete: boolean;
  /** Proof, in one sentence, that this copy's history is not the present one, or that its data is damaged. */
  diverged: string | null;
  /** The same, that it is of no use: all of it is in the live copy, and nobody can bring it up to date. */
  outdated: string | null;
  /** Another copy is followed for a while, under this epoch. */
  detour: Detour | null;
}

export type Action =
  | 'wait'
  | 'create'
  | 'build'
  | 'start-plain'
  | 'start-rejoin'
  | 'stop'
  | 'end-silent'
  | 'step-down'
  | 'promote'
  | 'resume'
  | 'admit'
  | 'gate'
  | 'release'
  | 'replay'
  | 'follow'
  | 'judge'
  | 'set-aside'
  | 'discard';

export interface Step {
  action: Action;
  /** Why, in one short sentence; shown as trouble when it keeps a copy from being what it should. */
  because: string;
  /** The goal is entirely true. */
  settled: boolean;
}

type Situation = 'empty' | 'down' | 'starting' | 'silent' | 'answering';
type Rule<R> = (goal: Extract<DatabaseGoal, { role: R }>, seen: Observed) => Step;
type Table = {
  live: Record<Situation, Rule<'live'>>;
  replica: Record<Situation, Rule<'standby' | 'spare'>>;
  none: Record<Situation, Rule<'none'>>;
};

/** A live server that died while its standby is in sync is left down this long: a failover is due. */
export const FAILOVER_GRACE_MS = 3_000;
/** A server that exists but answers nothing for so long, and not to a patient question either, is killed and started again. */
export const SILENT_LIMIT_MS = 15_000;

/** Errors of the applying thread that only a history of one's own explains: rows missing, doubled, or out of order. */
const DIVERGENCE_ERRORS = new Set([1032, 1062, 1146, 1950]);
const NOT_IN_SOURCE = 1236;
/** Refused at the door: the source's agent has not let this copy's account in yet. The thread itself tries again after a second. */
const DOOR_ERRORS = new Set([1045, 4151]);

const wait = (because: string): Step => ({ action: 'wait', because, settled: false });
const settled = (because: string): Step => ({ action: 'wait', because, settled: true });
const act = (action: Action, because: string): Step => ({ action, because, settled: false });

export function plan(goal: DatabaseGoal, seen: Observed, fresh: boolean): Step {
  if (!fresh) return wait('the placement is not confirmed by the store yet');
  const situation = situationOf(seen);
  if (goal.role === 'live') return TABLE.live[situation](goal, seen);
  if (goal.role === 'none') return TABLE.none[situation](goal, seen);
  return TABLE.replica[situation](goal, seen);
}

function situationOf(seen: Observed): Situation {
  if (seen.process === 'none') return seen.data ? 'down' : 'empty';
  if (seen.process === 'answering' && seen.sample === null) return 'starting';
  return seen.process;
}

const TABLE: Table = {
  live: {
    empty: (goal) =>
      goal.mayCreate ? act('create', 'the site is new') : wait('this copy is to be live, but holds no data'),
    down: (goal, seen) => {
      if (goal.mayCreate && !seen.created) return act('create', 'its creation was interrupted');
      if (goal.inSync && seen.processForMs < FAILOVER_GRACE_MS)
        return wait('its server ended; the standby may take over');
      return act('start-plain', 'its server is not running');
    },
    starting: (goal, seen) =>
      goal.mayCreate && !seen.created ? act('create', 'its creation was interrupted') : wait('its server is starting'),
    // A server that is only slow can still be promoted; one that hangs lets the attempt fail, and it is repeated.
    silent: (goal, seen) => (mustPromote(goal, seen) ? planLive(goal, seen) : killWhenSilentTooLong(goal, seen)),
    answering: planLive,
  },
  replica: {
    empty: (goal) =>
      goal.promotion.position === null
        ? wait('the promotion is not complete yet')
        : act('build', 'there is no data here'),
    down: (_, seen) =>
      seen.diverged !== null ? act('set-aside', seen.diverged) : act('start-rejoin', 'its server is not running'),
    starting: () => wait('its server is starting'),
    silent: killWhenSilentTooLong,
    answering: planReplica,
  },
  none: {
    empty: () => settled('no server runs'),
    down: () => settled('no server runs'),
    starting: () => act('stop', 'this zone has no part in the site'),
    silent: () => act('stop', 'this zone has no part in the site'),
    answering: () => act('stop', 'this zone has no part in the site'),
  },
};

function killWhenSilentTooLong(_goal: DatabaseGoal, seen: Observed): Step {
  return seen.processForMs > SILENT_LIMIT_MS
    ? act('end-silent', 'its server answers nothing')
    : wait('its server does not answer');
}

function planLive(goal: Extract<DatabaseGoal, { role: 'live' }>, seen: Observed): Step {
  const now = seen.sample!;
  if (goal.mayCreate && !seen.created) return act('create', 'its creation was interrupted');
  if (seen.kept && !now.writable) return act('replay', 'it has received what it has not applied yet');
  if (mustPromote(goal, seen)) return act('promote', 'it is to be live now');
  if (!now.writable) {
    if (now.follows !== null) return act('promote', 'it is to be live now');
    // Until its line is on record the move may still be taken back: nothing is acknowledged here before.
    if (goal.promotion.from !== null && goal.promotion.position === null)
      return settled('its promotion is being recorded');
    return act('resume', 'it is live, but read-only');
  }
  return planWaiting(goal, seen, now);
}

function mustPromote(goal: Extract<DatabaseGoal, { role: 'live' }>, seen: Observed): boolean {
  return seen.sample !== null && goal.promotion.from !== null && seen.promotedEpoch !== goal.promotion.epoch;
}

/** Grow first, shrink last: begins to wait only for the named standby, and stops only when the placement names it no more. */
function planWaiting(goal: Extract<DatabaseGoal, { role: 'live' }>, seen: Observed, now: Sample): Step {
  const { standby } = goal;
  if (standby === null) {
    if (now.waiting) return act('release', 'the placement names no standby');
    return seen.admitted === null ? settled('it is live') : act('admit', 'no acknowledgement is to count');
  }
  if (now.waiting && seen.waitsFor !== null && seen.waitsFor !== standby && !goal.inSync) {
    return act('release', 'the placement names another standby');
  }
  if (now.waiting && seen.waitsFor === standby) {
    return seen.admitted === standby ? settled('it is live') : act('admit', 'only the standby may acknowledge');
  }
  // Commits wait, but for whom is not known: they go on waiting while the standby is made the only one who can end it.
  if (goal.inSync || now.waiting) return act('gate', 'commits have to wait for the standby');
  if (seen.admitted !== standby) return act('admit', 'only the standby may acknowledge');
  const ready = now.acknowledgers.some((one) => one.zone === standby);
  return ready
    ? { action: 'gate', because: 'the standby is connected', settled: true }
    : settled('it is live; the standby is not connected yet');
}

function planReplica(goal: Extract<DatabaseGoal, { role: 'standby' | 'spare' }>, seen: Observed): Step {
  const now = seen.sample!;
  if (now.writable) return act('step-down', 'it was live, and is no more');
  if (seen.diverged !== null) return act('set-aside', seen.diverged);
  if (seen.outdated !== null) return act('discard', seen.outdated);
  if (goal.promotion.position === null) return wait('the promotion is not complete yet');
  if (seen.kept) return act('replay', 'it has received what it has not applied yet');
  const { detour } = seen;
  if (detour !== null && detour.via !== null && detour.epoch === goal.epoch) return planDetour(detour, detour.via, now);
  if (!followsAsItShould(goal, seen.zone, now)) return act('follow', `it is to follow ${goal.source.zone}`);
  if (now.ioErrno === NOT_IN_SOURCE && now.io === 'no') return act('judge', 'its source does not know its position');
  const cannotApply = DIVERGENCE_ERRORS.has(now.sqlErrno) || isDamagedTable(now.sqlErrno, now.sqlError);
  if (cannotApply && !now.sqlRunning) return act('judge', 'it cannot apply what it receives');
  if (now.io === 'no' || !now.sqlRunning) return act('follow', 'its replication has stopped');
  if (now.io === 'connecting' && DOOR_ERRORS.has(now.ioErrno)) return act('follow', 'its source did not let it in yet');
  if (now.io === 'connecting') return wait(`it is connecting to ${goal.source.zone}`);
  if (goal.role === 'standby' && !now.syncReplicaConnected)
    return act('follow', 'it is connected without acknowledging');
  return settled(`it follows ${goal.source.zone}`);
}

/** It follows another copy up to where its source is; the agent of this zone has seen to that it stops there. */
function planDetour({ until }: Detour, via: Source, now: Sample): Step {
  if (now.follows === null || now.follows.host !== via.host || now.follows.port !== via.port)
    return act('follow', 'it follows nobody');
  if (now.ioErrno === NOT_IN_SOURCE && now.io === 'no')
    return act('judge', `${via.zone} does not know its position either`);
  if (now.sqlRunning && now.io !== 'no') return wait(`it follows ${via.zone} up to ${until}`);
  return act('follow', `it has followed ${via.zone} as far as it is to`);
}

function followsAsItShould(
  goal: Extract<DatabaseGoal, { role: 'standby' | 'spare' }>,
  zone: ZoneId,
  now: Sample,
): boolean {
  return (
    now.follows !== null &&
    now.follows.host === goal.source.host &&
    now.follows.port === goal.source.port &&
    now.follows.user === replicationUser(goal.role, zone) &&
    now.syncReplica === (goal.role === 'standby') &&
    !now.waiting
  );
}
