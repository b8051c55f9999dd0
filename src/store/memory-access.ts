/** Tokens and the audit record of the store in memory. */
import type { AuditEntry, TokenRecord } from '../model/index.ts';
import { timeKey } from './keys.ts';
import type { Call } from './memory-outbox.ts';
import type { AuditBook, TokenBook } from './store.ts';

/** What all handles share. */
export interface MemoryAccess {
  tokens: Map<string, TokenRecord>;
  audit: Map<string, AuditEntry>;
}

export function memoryAccess({ tokens, audit }: MemoryAccess, call: Call): TokenBook & AuditBook {
  return {
    addToken: (token) =>
      call(`adding the token ${token.id}`, () => {
        if (tokens.has(token.id)) return false;
        tokens.set(token.id, structuredClone(token));
        return true;
      }),
    token: (id) => call(`reading the token ${id}`, () => tokens.get(id) ?? null),
    tokens: ({ after = '', most }) => call('reading tokens', () => inOrder(tokens, (id) => id > after).slice(0, most)),
    touchToken: (id, at) =>
      call(`touching the token ${id}`, () => {
        const known = tokens.get(id);
        if (known !== undefined) tokens.set(id, { ...known, lastUsedAt: at });
      }),
    removeToken: (id) => call(`removing the token ${id}`, () => tokens.delete(id)),
    keepAudit: (entry) =>
      call('keeping an audit entry', () => {
        audit.set(entry.id, structuredClone(entry));
      }),
    audit: ({ before, most }) =>
      call('reading the audit record', () =>
        inOrder(audit, (id) => before === undefined || id < before)
          .reverse()
          .slice(0, most),
      ),
    forgetAudit: (until) =>
      call('forgetting old audit entries', () => {
        for (const id of [...audit.keys()]) if (id < timeKey(until)) audit.delete(id);
      }),
  };
}

function inOrder<T>(map: Map<string, T>, wanted: (id: string) => boolean): T[] {
  return [...map.entries()]
    .filter(([id]) => wanted(id))
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([, value]) => value);
}
