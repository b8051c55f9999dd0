/** A broken promise, in the fewest operations that prove it. */
import type { Operation } from '../history/types.ts';

export type Promised =
  | 'lost'
  | 'twice'
  | 'rejected-but-present'
  | 'from-nowhere'
  | 'undone-read'
  | 'not-linearizable'
  | 'order-of-versions'
  | 'order-of-transactions'
  | 'two-reigns'
  | 'copies-differ';

export interface Violation {
  promise: Promised;
  /** One sentence. */
  statement: string;
  /** The operations that prove it, in the order of their invocation. */
  operations: Operation[];
}

/** How an operation is named in a statement: `#17 write k3=v9 by server 30112 (a)`. */
export function named(operation: Operation): string {
  const { id, verb, name, value, old, server, zone, seen, version } = operation;
  const what = [verb, name ?? '', old === null ? '' : `${old}→`, value ?? ''].filter(Boolean).join(' ');
  const read = seen === null ? '' : ` → ${seen.length > 3 ? `${seen.length} elements` : seen.join(',') || 'nothing'}`;
  const at = version === null ? '' : ` (version ${version})`;
  const who = server === null ? '' : ` by server ${server}${zone === null ? '' : ` in ${zone}`}`;
  return `#${id} ${what}${read}${at}${who}`;
}
