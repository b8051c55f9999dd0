/** The outbox of the store in memory. */
import type { Notice, Told } from '../model/index.ts';
import { noticeIndexKey, timeKey, toldKey, toldPrefix } from './keys.ts';
import type { Kept, NewNotice, Outbox } from './store.ts';

/** What all handles share. */
export interface MemoryNotices {
  notices: Map<string, Kept<Notice>>;
  told: Map<string, Told>;
  changes: number;
}

/** How a handle carries out one call on the cluster. */
export type Call = <T>(what: string, work: () => T) => Promise<T>;

export function memoryOutbox(kept: MemoryNotices, call: Call): Outbox {
  return {
    addNotices: (notices) => call('keeping notices', () => notices.map((one) => add(kept, one))),
    notice: (id) => call(`reading the notice ${id}`, () => kept.notices.get(id) ?? null),
    notices: (state, { until, most, newestFirst = false }) =>
      call('reading notices', () => {
        const all = [...kept.notices.values()]
          .filter(({ value }) => value.state === state && (until === undefined || isDue(value, until)))
          .toSorted((one, other) => (noticeIndexKey(one.value) < noticeIndexKey(other.value) ? -1 : 1));
        return (newestFirst ? all.reverse() : all).slice(0, most);
      }),
    changeNotice: (known, next) =>
      call(`changing the notice ${next.id}`, () => {
        if (kept.notices.get(next.id)?.revision !== known.revision) return null;
        put(kept, next);
        return kept.notices.get(next.id) ?? null;
      }),
    forgetNotice: async (known) => {
      if (known.value.state !== 'sent') throw new Error(`the notice ${known.value.id} was not sent, and stays`);
      return call('forgetting a notice', () => {
        if (kept.notices.get(known.value.id)?.revision !== known.revision) return false;
        return kept.notices.delete(known.value.id);
      });
    },
    told: (event) =>
      call(`reading what was told of ${event}`, () => {
        const prefix = toldPrefix(event);
        const keys = [...kept.told.keys()].filter((key) => key.startsWith(prefix)).toSorted();
        return keys.map((key) => kept.told.get(key)!);
      }),
  };
}

function isDue(notice: Notice, until: number): boolean {
  const time = noticeIndexKey(notice).split('/').at(-1)!.slice(0, timeKey(until).length);
  return time <= timeKey(until);
}

function add(kept: MemoryNotices, { notice, told }: NewNotice): boolean {
  if (kept.notices.has(notice.id) || told.some((one) => kept.told.has(toldKey(one)))) return false;
  put(kept, notice);
  for (const one of told) kept.told.set(toldKey(one), structuredClone(one));
  return true;
}

function put(kept: MemoryNotices, notice: Notice): void {
  kept.changes += 1;
  kept.notices.set(notice.id, { value: structuredClone(notice), revision: String(kept.changes) });
}
