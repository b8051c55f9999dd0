/** The part of the store's contract about who asked to be told of the status page. */
import { expect, test } from 'vitest';
import type { Subscriber } from '../model/index.ts';
import type { Store } from './store.ts';

export function aSubscriber(id: string, more: Partial<Subscriber> = {}): Subscriber {
  const blank = { channel: 'email' as const, to: 'anna@example.org', site: null, link: null };
  return { id, ...blank, askedAt: [1_000], confirmedAt: null, ...more };
}

/** `handles`: two on one cluster. */
export function subscribersContract(handles: () => [Store, Store]): void {
  test('a subscriber is kept by who knows the newest, listed by address and in pages, and forgotten', async () => {
    const [store, other] = handles();
    expect(await store.keepSubscriber(null, aSubscriber('aa~1'))).toBe(true);
    expect(await other.keepSubscriber(null, aSubscriber('aa~1', { to: 'mallory@example.org' }))).toBe(false);
    const known = (await other.subscriber('aa~1'))!;
    expect(known.value).toEqual(aSubscriber('aa~1'));
    expect(await store.keepSubscriber(known, { ...known.value, confirmedAt: 2_000 })).toBe(true);
    expect(await other.keepSubscriber(known, { ...known.value, confirmedAt: 3_000 })).toBe(false);
    expect((await other.subscriber('aa~1'))!.value.confirmedAt).toBe(2_000);
    for (const id of ['ab~1', 'aa~2']) await store.keepSubscriber(null, aSubscriber(id));
    const ids = async (asked: { of?: string; after?: string; most: number }) =>
      (await other.subscribers(asked)).map(({ id }) => id);
    expect(await ids({ most: 2 })).toEqual(['aa~1', 'aa~2']);
    expect(await ids({ after: 'aa~2', most: 2 })).toEqual(['ab~1']);
    expect(await ids({ of: 'aa~', most: 5 })).toEqual(['aa~1', 'aa~2']);
    await store.forgetSubscriber('aa~1');
    await other.forgetSubscriber('aa~1');
    expect(await store.subscriber('aa~1')).toBeNull();
    expect(await ids({ most: 5 })).toEqual(['aa~2', 'ab~1']);
    for (const id of ['aa~2', 'ab~1']) await store.forgetSubscriber(id);
  });
}
