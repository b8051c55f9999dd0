/** Who asked to be told of the status page, in memory. */
import type { Subscriber } from '../model/index.ts';
import type { Call } from './memory-outbox.ts';
import type { Kept, SubscriberBook } from './store.ts';

/** What all handles share. */
export interface MemorySubscribers {
  kept: Map<string, Kept<Subscriber>>;
  changes: number;
}

export function memorySubscribers(all: MemorySubscribers, call: Call): SubscriberBook {
  return {
    subscriber: (id) => call(`reading the subscriber ${id}`, () => all.kept.get(id) ?? null),
    subscribers: ({ of = '', after = '', most }) =>
      call('reading subscribers', () =>
        [...all.kept.values()]
          .map(({ value }) => value)
          .filter(({ id }) => id.startsWith(of) && id > after)
          .toSorted((one, other) => (one.id < other.id ? -1 : 1))
          .slice(0, most),
      ),
    keepSubscriber: (known, next) =>
      call(`keeping the subscriber ${next.id}`, () => {
        if ((all.kept.get(next.id)?.revision ?? null) !== (known?.revision ?? null)) return false;
        all.changes += 1;
        all.kept.set(next.id, { value: structuredClone(next), revision: String(all.changes) });
        return true;
      }),
    forgetSubscriber: (id) =>
      call(`forgetting the subscriber ${id}`, () => {
        all.kept.delete(id);
      }),
  };
}
