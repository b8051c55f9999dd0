/** The part of the store's contract about tokens and the audit record. */
import { expect, test } from 'vitest';
import type { AuditEntry, TokenRecord } from '../model/index.ts';
import { timeKey } from './keys.ts';
import type { Store } from './store.ts';

export function aToken(id: string, more: Partial<TokenRecord> = {}): TokenRecord {
  return {
    id,
    kind: 'token',
    hash: `hash of ${id}`,
    parent: null,
    name: 'Anna',
    role: 'viewer',
    sites: [],
    createdAt: 1_000,
    createdBy: 'Ada',
    expiresAt: 9_000,
    lastUsedAt: null,
    ...more,
  };
}

export function anAudit(at: number, more: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id: `${timeKey(at)}~x`,
    at,
    who: 'Anna',
    role: 'operator',
    via: 'token',
    token: 'abc',
    what: 'move',
    target: 'shop',
    why: '',
    outcome: null,
    sentence: '',
    zone: 'a',
    ...more,
  };
}

/** `handles`: two on one cluster. */
export function accessContract(handles: () => [Store, Store]): void {
  test('a token is added once, read, touched, listed in pages and removed', async () => {
    const [store, other] = handles();
    expect(await store.addToken(aToken('t-1'))).toBe(true);
    expect(await other.addToken(aToken('t-1', { name: 'Mallory' }))).toBe(false);
    expect(await other.token('t-1')).toEqual(aToken('t-1'));
    expect(await other.token('t-0')).toBeNull();
    await other.touchToken('t-1', 5_000);
    await other.touchToken('t-0', 5_000);
    expect(await store.token('t-0')).toBeNull();
    expect(await store.token('t-1')).toEqual(aToken('t-1', { lastUsedAt: 5_000 }));
    for (const id of ['t-3', 't-2']) await store.addToken(aToken(id));
    const page = async (after?: string) =>
      (await other.tokens({ most: 2, ...(after === undefined ? {} : { after }) })).map(({ id }) => id);
    expect(await page()).toEqual(['t-1', 't-2']);
    expect(await page('t-2')).toEqual(['t-3']);
    expect(await store.removeToken('t-1')).toBe(true);
    expect(await other.removeToken('t-1')).toBe(false);
    expect(await store.token('t-1')).toBeNull();
    expect(await page()).toEqual(['t-2', 't-3']);
  });

  test('of many who add the same token at once exactly one does', async () => {
    const handlesOf = handles();
    const added = await Promise.all(
      Array.from({ length: 8 }, (_, index) => handlesOf[index % 2]!.addToken(aToken('t-race', { name: `n${index}` }))),
    );
    expect(added.filter((mine) => mine)).toHaveLength(1);
    expect((await handlesOf[0].token('t-race'))!.name).toBe(`n${added.indexOf(true)}`);
  });

  test('the audit record is read newest first, gets its outcomes, and is forgotten by age', async () => {
    const [store, other] = handles();
    for (const at of [1_000, 3_000, 2_000]) await store.keepAudit(anAudit(at));
    await store.keepAudit(anAudit(2_000, { outcome: 'done', sentence: 'Moved.' }));
    const read = async (before?: string) => other.audit({ most: 2, ...(before === undefined ? {} : { before }) });
    const newest = await read();
    expect(newest).toEqual([anAudit(3_000), anAudit(2_000, { outcome: 'done', sentence: 'Moved.' })]);
    expect(await read(newest[1]!.id)).toEqual([anAudit(1_000)]);
    await other.forgetAudit(2_000);
    expect((await store.audit({ most: 10 })).map(({ at }) => at)).toEqual([3_000, 2_000]);
  });
}
