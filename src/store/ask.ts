/** Asks several etcd members within one deadline: the own zone's first, the next when that one refuses or stays silent. */
import type { Clock } from '../platform/clock.ts';
import { connectMember, isElection, isFatal, type Member } from './member.ts';
import { StoreUnavailable } from './store.ts';

/** A member that has not answered for so long is passed over for the next one. */
const SILENT_MS = 300;
/** A write that has not been answered for so long is suspected to have been lost with the leader it was forwarded to. */
const SUSPECT_AFTER_MS = 40;
/** Pause after all members have refused. */
const ROUND_PAUSE_MS = 15;
/** A member that failed is tried again, beside the others, at most so often. */
const RECHECK_MS = 1_000;

/** How one question was answered. */
export interface Answer<T> {
  value: T;
  /** True when it was sent more than once: an earlier sending may have taken effect although it was never answered. */
  resent: boolean;
}

export interface Answerable {
  header: { raft_term: string };
}

export type Question<T> = (member: Member, timeoutMs: number) => Promise<T>;

export interface Members {
  /** Asks until somebody answers or the deadline has passed (StoreUnavailable). Errors that every member would give are thrown. */
  read<T extends Answerable>(what: string, question: Question<T>): Promise<T>;
  /** The same for a transaction, which must be safe to send again: its comparison fails once it has been applied. */
  write<T extends Answerable>(what: string, question: Question<T>): Promise<Answer<T>>;
  close(): void;
}

/** What is known of one member between questions. */
interface Known {
  member: Member;
  failing: boolean;
  checkedAt: number;
}

interface Shared {
  clock: Clock;
  deadlineMs: number;
  known: Known[];
  /** The newest raft term that any answer carried; 0 before the first. */
  term: bigint;
  closed: boolean;
}

export function openMembers(endpoints: string[], clock: Clock, deadlineMs: number): Members {
  const known = endpoints.map((endpoint) => ({ member: connectMember(endpoint, clock), failing: false, checkedAt: 0 }));
  const shared: Shared = { clock, deadlineMs, known, term: 0n, closed: false };
  return {
    read: async (what, question) => (await ask(shared, what, question, false)).value,
    write: (what, question) => ask(shared, what, question, true),
    close: () => {
      shared.closed = true;
      for (const { member } of known) member.close();
    },
  };
}

type End<T> = { value: T } | { fatal: unknown } | { late: true };

async function ask<T extends Answerable>(
  shared: Shared,
  what: string,
  question: Question<T>,
  mayBeLost: boolean,
): Promise<Answer<T>> {
  const { clock, deadlineMs } = shared;
  const started = clock.mono();
  const ended = new AbortController();
  const { promise, resolve } = Promise.withResolvers<End<T>>();
  const pursuit: Pursuit<T> = {
    shared,
    question,
    mayBeLost,
    signal: ended.signal,
    leftMs: () => Math.max(1, deadlineMs - (clock.mono() - started)),
    end: resolve,
    sent: 0,
    lastFailure: undefined,
  };
  const cancelDeadline = clock.after(deadlineMs, () => resolve({ late: true }));
  void pursue(pursuit);
  const end = await promise;
  cancelDeadline();
  ended.abort();
  if ('late' in end || shared.closed) throw new StoreUnavailable(what, pursuit.lastFailure);
  if ('fatal' in end) throw end.fatal;
  return { value: end.value, resent: pursuit.sent > 1 };
}

interface Pursuit<T> {
  shared: Shared;
  question: Question<T>;
  mayBeLost: boolean;
  /** Aborted once there is an end. */
  signal: AbortSignal;
  leftMs(): number;
  end(end: End<T>): void;
  sent: number;
  lastFailure: unknown;
}

/** Turns to one member after the other, round and round, until there is an end. Earlier sendings may still be answered meanwhile. */
async function pursue<T extends Answerable>(pursuit: Pursuit<T>): Promise<void> {
  const { shared, signal } = pursuit;
  const order = inOrder(shared);
  for (let turn = 0; !signal.aborted; turn += 1) {
    await tryMember(pursuit, order[turn % order.length]!);
    if ((turn + 1) % order.length === 0) await shared.clock.sleep(ROUND_PAUSE_MS, signal);
  }
}

/** Returns when this member has failed or stayed silent, or there is an end. */
async function tryMember<T extends Answerable>(pursuit: Pursuit<T>, known: Known): Promise<void> {
  const { shared, signal } = pursuit;
  const silent = shared.clock.sleep(SILENT_MS, signal).then(() => 'silent' as const);
  for (let suspectAfterMs = SUSPECT_AFTER_MS; !signal.aborted; suspectAfterMs *= 2) {
    const turns: Promise<'failed' | 'silent' | 'lost'>[] = [send(pursuit, known), silent];
    if (pursuit.mayBeLost) turns.push(lost(pursuit, known.member, suspectAfterMs));
    const turn = await Promise.race(turns);
    if (signal.aborted || turn === 'lost') continue;
    if (turn === 'silent' || !isElection(pursuit.lastFailure)) {
      known.failing = true;
      known.checkedAt = shared.clock.mono();
    }
    return;
  }
}

/** One sending. Resolves when it has failed, never when it has ended everything. */
async function send<T extends Answerable>(pursuit: Pursuit<T>, known: Known): Promise<'failed'> {
  pursuit.sent += 1;
  try {
    const value = await pursuit.question(known.member, pursuit.leftMs());
    known.failing = false;
    learnTerm(pursuit.shared, value.header.raft_term);
    pursuit.end({ value });
  } catch (error) {
    if (!isFatal(error)) {
      pursuit.lastFailure = error;
      return 'failed';
    }
    pursuit.end({ fatal: error });
  }
  return new Promise<never>(() => {});
}

/**
 * Resolves when a write sent to this member may have been lost: etcd drops what was forwarded to a leader that then died, and
 * never answers it. A read sent meanwhile returns as soon as the member has a new leader, so the write is sent again at that
 * moment instead of after a guessed pause. While the leader stays the same, a slow write is only slow.
 */
async function lost<T>({ shared, signal, leftMs }: Pursuit<T>, member: Member, afterMs: number): Promise<'lost'> {
  const before = shared.term;
  for (let pauseMs = afterMs; !signal.aborted; pauseMs *= 2) {
    await shared.clock.sleep(pauseMs, signal);
    if (signal.aborted) break;
    const term = await member.ping(leftMs()).catch(() => null);
    if (term === null || learnTerm(shared, term) > before) return 'lost';
  }
  return new Promise<never>(() => {});
}

function learnTerm(shared: Shared, term: string): bigint {
  if (BigInt(term) > shared.term) shared.term = BigInt(term);
  return shared.term;
}

/** The own zone's first, those that failed lately last; failing ones are looked at again in passing. */
function inOrder({ known, clock }: Shared): Known[] {
  const now = clock.mono();
  for (const one of known) {
    if (!one.failing || now - one.checkedAt < RECHECK_MS) continue;
    one.checkedAt = now;
    one.member.ping(SILENT_MS).then(
      () => {
        one.failing = false;
      },
      () => {},
    );
  }
  return known.toSorted((one, other) => Number(one.failing) - Number(other.failing));
}
