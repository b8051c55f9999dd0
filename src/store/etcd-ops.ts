/** The few etcd requests that the store is made of, spelled once. */
import type { ICompare, IKeyValue, IRangeRequest, IRequestOp } from 'etcd3';
import type { Members } from './ask.ts';

const PAGE = 1_000;

export const bytes = (text: string): Buffer => Buffer.from(text);

export function putOp(key: string, value: unknown): IRequestOp {
  return { request_put: { key: bytes(key), value: bytes(typeof value === 'string' ? value : JSON.stringify(value)) } };
}

export function getOp(key: string): IRequestOp {
  return { request_range: { key: bytes(key) } };
}

/** `end`: everything from `key` up to it. */
export function deleteOp(key: string, end?: Buffer): IRequestOp {
  return { request_delete_range: { key: bytes(key), ...(end === undefined ? {} : { range_end: end }) } };
}

export function isAbsent(key: string): ICompare {
  return { key: bytes(key), target: 'Create', result: 'Equal', create_revision: 0 };
}

export function hasValue(key: string, value: string): ICompare {
  return { key: bytes(key), target: 'Value', result: 'Equal', value: bytes(value) };
}

/** Revision 0: the key is absent. */
export function isUnchanged(key: string, modRevision: string): ICompare {
  return { key: bytes(key), target: 'Mod', result: 'Equal', mod_revision: modRevision };
}

export function parseValue<T>(kv: IKeyValue): T {
  return JSON.parse(kv.value.toString()) as T;
}

/** The first key after all that start with `prefix`. */
export function endOf(prefix: string): Buffer {
  const end = Buffer.from(prefix);
  end[end.length - 1]! += 1;
  return end;
}

/** Linearizable read of one key; undefined when it is absent. `revision` reads it as it was then. */
export async function readKey(members: Members, key: string, revision?: string): Promise<IKeyValue | undefined> {
  const request: IRangeRequest = { key: bytes(key), ...(revision === undefined ? {} : { revision }) };
  const value = await members.read(`reading ${key}`, (member, ms) => member.range(request, ms));
  return value.kvs[0];
}

/** Linearizable read of everything under `prefix`, as of one revision, in pages; `since`: only what was written at that revision or later. Each page has a deadline of its own. */
export async function readPrefix(
  members: Members,
  prefix: string,
  { keysOnly = false, since = 0 }: { keysOnly?: boolean; since?: number } = {},
): Promise<{ kvs: IKeyValue[]; revision: string }> {
  const kvs: IKeyValue[] = [];
  let key = bytes(prefix);
  let revision: string | undefined;
  for (;;) {
    const request: IRangeRequest = { key, range_end: endOf(prefix), limit: PAGE, keys_only: keysOnly };
    if (since > 0) request.min_mod_revision = String(since);
    if (revision !== undefined) request.revision = revision;
    const value = await members.read(`reading ${prefix}`, (member, ms) => member.range(request, ms));
    revision ??= value.header.revision;
    kvs.push(...value.kvs);
    const last = value.kvs.at(-1);
    if (!value.more || last === undefined) return { kvs, revision };
    key = Buffer.concat([last.key, Buffer.from([0])]);
  }
}
