/** Tokens and the audit record in etcd. */
import type { IRangeRequest } from 'etcd3';
import type { AuditEntry, TokenRecord } from '../model/index.ts';
import type { Members } from './ask.ts';
import { bytes, deleteOp, endOf, getOp, isAbsent, isUnchanged, parseValue, putOp, readKey } from './etcd-ops.ts';
import * as keys from './keys.ts';
import type { AuditBook, TokenBook } from './store.ts';

export function etcdAccess(members: Members): TokenBook & AuditBook {
  return {
    addToken: (token) => addToken(members, token),
    token: async (id) => {
      const kv = await readKey(members, keys.tokenKey(id));
      return kv === undefined ? null : parseValue<TokenRecord>(kv);
    },
    tokens: ({ after, most }) =>
      readSome<TokenRecord>(members, {
        key: after === undefined ? bytes(keys.TOKENS) : bytes(`${keys.tokenKey(after)}\0`),
        range_end: endOf(keys.TOKENS),
        limit: most,
      }),
    touchToken: (id, at) => touchToken(members, id, at),
    removeToken: (id) => removeToken(members, id),
    keepAudit: async (entry) => {
      const key = keys.auditKey(entry.id);
      await members.write(`keeping ${key}`, (member, ms) => member.txn({ success: [putOp(key, entry)] }, ms));
    },
    audit: ({ before, most }) =>
      readSome<AuditEntry>(members, {
        key: bytes(keys.AUDIT),
        range_end: before === undefined ? endOf(keys.AUDIT) : bytes(keys.auditKey(before)),
        limit: most,
        sort_target: 'Key',
        sort_order: 'Descend',
      }),
    forgetAudit: async (until) => {
      const end = bytes(`${keys.AUDIT}${keys.timeKey(until)}`);
      await members.write('forgetting old audit entries', (member, ms) =>
        member.txn({ success: [deleteOp(keys.AUDIT, end)] }, ms),
      );
    },
  };
}

async function readSome<T>(members: Members, range: IRangeRequest): Promise<T[]> {
  const { kvs } = await members.read(`reading ${String(range.key)}`, (member, ms) => member.range(range, ms));
  return kvs.map((kv) => parseValue<T>(kv));
}

/** Ids are made of chance: one that stands there with the same content was written by this very call, sent twice. */
async function addToken(members: Members, token: TokenRecord): Promise<boolean> {
  const key = keys.tokenKey(token.id);
  const { value, resent } = await members.write(`adding ${key}`, (member, ms) =>
    member.txn({ compare: [isAbsent(key)], success: [putOp(key, token)], failure: [getOp(key)] }, ms),
  );
  if (value.succeeded) return true;
  const there = value.responses[0]?.response_range?.kvs[0];
  return resent && there !== undefined && there.value.toString() === JSON.stringify(token);
}

/** Somebody else's writing of it meanwhile counts as well. */
async function touchToken(members: Members, id: string, at: number): Promise<void> {
  const key = keys.tokenKey(id);
  const kv = await readKey(members, key);
  if (kv === undefined) return;
  const next = { ...parseValue<TokenRecord>(kv), lastUsedAt: at };
  await members.write(`touching ${key}`, (member, ms) =>
    member.txn({ compare: [isUnchanged(key, kv.mod_revision)], success: [putOp(key, next)] }, ms),
  );
}

async function removeToken(members: Members, id: string): Promise<boolean> {
  const key = keys.tokenKey(id);
  const { value, resent } = await members.write(`removing ${key}`, (member, ms) =>
    member.txn({ compare: [isAbsent(key)], success: [], failure: [deleteOp(key)] }, ms),
  );
  return !value.succeeded || resent;
}
