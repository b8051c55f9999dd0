/**
 * One etcd member, and the way to ask several of them within one deadline: the own zone's first, the next at once when that
 * one refuses or stays silent. The etcd3 client's own fault handling is switched off: its circuit breakers and back-offs are
 * made for patience, and here a second counts.
 */
import {
  Etcd3,
  type IOptions,
  type IRangeRequest,
  type IRangeResponse,
  type ITxnRequest,
  type ITxnResponse,
} from 'etcd3';
import type { Clock } from '../platform/clock.ts';
import { MARK } from './keys.ts';
import { StoreUnavailable } from './store.ts';

/** A member that has not answered for so long is passed over for the next one. */
const SILENT_MS = 300;
/** A write that has not been answered for so long is suspected to have been lost with the leader it was forwarded to. */
const LOST_AFTER_MS = 40;
/** Pause after all members have refused. */
const ROUND_PAUSE_MS = 15;
/** A member that failed is asked again, beside others, at most so often. */
const RECHECK_MS = 1_000;

export interface Member {
  endpoint: string;
  range(request: IRangeRequest, timeoutMs: number): Promise<IRangeResponse>;
  txn(request: ITxnRequest, timeoutMs: number): Promise<ITxnResponse>;
  /** A linearizable read of next to nothing; several callers share one. Settles when the member has a leader that answers, or with why not. */
  ping(timeoutMs: number): Promise<void>;
  close(): void;
}

/** Options of every etcd3 client here: no shared connections (a stuck one must not be handed on), quick reconnects, no policies. */
export function clientOptions(endpoint: string): IOptions {
  const straight = { execute: async (work: (context: { signal: AbortSignal }) => unknown) => work({ signal: NEVER }) };
  return {
    hosts: [endpoint],
    grpcOptions: {
      'grpc.keepalive_time_ms': 500,
      'grpc.keepalive_timeout_ms': 500,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.initial_reconnect_backoff_ms': 50,
      'grpc.max_reconnect_backoff_ms': 250,
      'grpc.max_receive_message_length': 64 * 1024 * 1024,
    },
    faultHandling: { host: () => straight as never, global: straight as never },
  };
}
const NEVER = new AbortController().signal;

export function connectMember(endpoint: string, clock: Clock): Member {
  const client = new Etcd3(clientOptions(endpoint));
  const options = (timeoutMs: number) => ({ deadline: clock.wall() + timeoutMs });
  let pinging: Promise<void> | null = null;
  const range = async (request: IRangeRequest, timeoutMs: number) => client.kv.range(request, options(timeoutMs));
  return {
    endpoint,
    range,
    txn: async (request, timeoutMs) => client.kv.txn(request, options(timeoutMs)),
    ping: (timeoutMs) => {
      pinging ??= range({ key: Buffer.from(MARK), keys_only: true }, timeoutMs)
        .then(() => {})
        .finally(() => {
          pinging = null;
        });
      return pinging;
    },
    close: () => client.close(),
  };
}

/** How one question was answered. */
export interface Answer<T> {
  value: T;
  /** True when it was sent more than once: an earlier sending may have taken effect although it was never answered. */
  resent: boolean;
}

export interface Members {
  /**
   * Asks until somebody answers or the deadline has passed (StoreUnavailable). `ask` must be safe to repeat: a read, or a
   * transaction whose comparison fails once it has been applied. Errors that another member would give too are thrown as they are.
   */
  ask<T>(
    what: string,
    kind: 'read' | 'write',
    ask: (member: Member, timeoutMs: number) => Promise<T>,
  ): Promise<Answer<T>>;
  close(): void;
}

export function openMembers(endpoints: string[], clock: Clock, deadlineMs: number): Members {
  const members = endpoints.map((endpoint) => ({
    member: connectMember(endpoint, clock),
    failing: false,
    checkedAt: 0,
  }));
  type Known = (typeof members)[number];
  let closed = false;

  /** The own zone's first, those that failed lately last. */
  const inOrder = (): Known[] => {
    const now = clock.mono();
    for (const known of members) {
      if (!known.failing || now - known.checkedAt < RECHECK_MS) continue;
      known.checkedAt = now;
      known.member.ping(SILENT_MS).then(
        () => {
          known.failing = false;
        },
        () => {},
      );
    }
    return members.toSorted((one, other) => Number(one.failing) - Number(other.failing));
  };

  return {
    ask: async (what, kind, ask) => {
      type Value = Awaited<ReturnType<typeof ask>>;
      const started = clock.mono();
      const leftMs = () => deadlineMs - (clock.mono() - started);
      const ended = new AbortController();
      const order = inOrder();
      let sent = 0;
      let lastFailure: unknown = null;
      let settle: (end: { value: Value } | { fatal: unknown } | null) => void = () => {};
      const settled = new Promise<{ value: Value } | { fatal: unknown } | null>((resolve) => {
        settle = resolve;
      });

      /** One sending; resolves `failed` when it has failed, never rejects. */
      const send = (known: Known): Promise<'failed'> => {
        sent += 1;
        return new Promise((resolve) => {
          ask(known.member, Math.max(1, leftMs())).then(
            (value) => {
              known.failing = false;
              settle({ value: value as Value });
            },
            (error) => {
              if (isFatal(error)) return settle({ fatal: error });
              lastFailure = error;
              resolve('failed');
            },
          );
        });
      };

      const pursue = async () => {
        for (let turn = 0; !ended.signal.aborted; turn += 1) {
          const known = order[turn % order.length]!;
          if (turn > 0 && turn % order.length === 0) await clock.sleep(ROUND_PAUSE_MS, ended.signal);
          if (ended.signal.aborted) return;
          const attempts: Promise<string>[] = [send(known)];
          const silent = clock.sleep(SILENT_MS, ended.signal).then(() => 'silent');
          let pauseMs = LOST_AFTER_MS;
          for (;;) {
            const lost =
              kind === 'write'
                ? maybeLost(clock, known.member, pauseMs, leftMs, ended.signal)
                : new Promise<never>(() => {});
            const end = await Promise.race([attempts.at(-1)!, silent, lost]);
            if (ended.signal.aborted) return;
            if (end === 'failed' || end === 'silent') {
              if (end === 'silent' || !isElection(lastFailure)) {
                known.failing = true;
                known.checkedAt = clock.mono();
              }
              break;
            }
            pauseMs *= 2;
            attempts.push(send(known));
          }
        }
      };

      const cancelDeadline = clock.after(deadlineMs, () => settle(null));
      void pursue();
      const end = await settled;
      cancelDeadline();
      ended.abort();
      if (end === null || closed) throw new StoreUnavailable(what, lastFailure ?? undefined);
      if ('fatal' in end) throw end.fatal;
      return { value: end.value, resent: sent > 1 };
    },
    close: () => {
      closed = true;
      for (const { member } of members) member.close();
    },
  };
}

/**
 * Resolves when a write sent to this member may have been lost: etcd drops what was forwarded to a leader that then died, and
 * never answers it. A read sent meanwhile returns as soon as the member has a new leader, so the write can be sent again at
 * that moment instead of after a guessed pause.
 */
async function maybeLost(
  clock: Clock,
  member: Member,
  pauseMs: number,
  leftMs: () => number,
  ended: AbortSignal,
): Promise<'lost'> {
  await clock.sleep(pauseMs, ended);
  if (ended.aborted) return new Promise<never>(() => {});
  await member.ping(Math.max(1, leftMs())).catch(() => {});
  return 'lost';
}

/** Every member would say the same: the request itself is wrong. */
function isFatal(error: unknown): boolean {
  const name = error instanceof Error ? error.constructor.name : '';
  return [
    'GRPCInvalidArgumentError',
    'GRPCOutOfRangeError',
    'GRPCNotImplementedError',
    'GRPCUnauthenticatedError',
    'EtcdPermissionDeniedError',
    'EtcdAuthenticationFailedError',
  ].includes(name);
}

/** The member is well; the cluster is just choosing a leader. */
function isElection(error: unknown): boolean {
  return error instanceof Error && /no leader|leader changed|not leader/i.test(error.message);
}
