/**
 * One etcd member. The etcd3 client's own fault handling is switched off: its circuit breakers and back-offs are made for
 * patience, and here a second counts; `ask.ts` is what decides whom to ask, and how long.
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

export interface Member {
  endpoint: string;
  range(request: IRangeRequest, timeoutMs: number): Promise<IRangeResponse>;
  txn(request: ITxnRequest, timeoutMs: number): Promise<ITxnResponse>;
  /**
   * A linearizable read of next to nothing; several callers share one. Resolves with the raft term once the member has a leader
   * that answers; rejects with why not, at once when the leader changes.
   */
  ping(timeoutMs: number): Promise<string>;
  close(): void;
}

const NEVER = new AbortController().signal;
/** etcd3 relies on `execute` to answer with a promise even when the work throws. */
const NO_POLICY = { execute: async (work: (context: { signal: AbortSignal }) => unknown) => work({ signal: NEVER }) };

/** Options of every etcd3 client here: no shared connections (a stuck one must not be handed on), quick reconnects, no policies. */
export function clientOptions(endpoint: string): IOptions {
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
    faultHandling: { host: () => NO_POLICY as never, global: NO_POLICY as never },
  };
}

export function connectMember(endpoint: string, clock: Clock): Member {
  const client = new Etcd3(clientOptions(endpoint));
  const options = (timeoutMs: number) => ({ deadline: clock.wall() + timeoutMs });
  const range = async (request: IRangeRequest, timeoutMs: number) => client.kv.range(request, options(timeoutMs));
  let pinging: Promise<string> | null = null;
  return {
    endpoint,
    range,
    txn: async (request, timeoutMs) => client.kv.txn(request, options(timeoutMs)),
    ping: (timeoutMs) => {
      pinging ??= range({ key: Buffer.from(MARK), keys_only: true }, timeoutMs)
        .then((answer) => answer.header.raft_term)
        .finally(() => {
          pinging = null;
        });
      return pinging;
    },
    close: () => client.close(),
  };
}

/** Every member would say the same: the request itself is wrong. */
export function isFatal(error: unknown): boolean {
  return error instanceof Error && FATAL.includes(error.constructor.name);
}

const FATAL = [
  'GRPCInvalidArgumentError',
  'GRPCOutOfRangeError',
  'GRPCNotImplementedError',
  'GRPCUnauthenticatedError',
  'EtcdPermissionDeniedError',
  'EtcdAuthenticationFailedError',
];

/** The member is well; the cluster is just choosing a leader. */
export function isElection(error: unknown): boolean {
  return error instanceof Error && /no leader|leader changed|not leader/i.test(error.message);
}
