/** Looks once a second, while somebody follows, at what is new in the newest incidents; an incident of ten thousand sites is read whole only once. */
import type { IncidentEntry } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';
import { createDigest, type Digest } from './incident-digest.ts';
import type { IncidentOutline } from './schemas/incident.ts';

const LOOK_MS = 1_000;
/** So many of the newest are looked at. */
const MOST_INCIDENTS = 20;
/** A message carries at most so many entries, the newest. */
const MOST_ENTRIES = 100;

export interface IncidentWatch {
  /** Returns what ends it. */
  start(): () => void;
}

type IncidentStore = Pick<Store, 'incidentIds' | 'incidentSince'>;

export function createIncidentWatch(
  { clock, log, store }: { clock: Clock; log: Log; store: IncidentStore },
  tell: (incident: IncidentOutline, entries: IncidentEntry[]) => void,
): IncidentWatch {
  const known = new Map<string, Digest>();

  /** At the first look only what is open is news. */
  async function lookAt(id: string, first: boolean): Promise<void> {
    const before = known.get(id);
    const digest = before ?? createDigest(id);
    const appended = await store.incidentSince(id, digest.order());
    known.set(id, digest);
    if (appended.length === 0) return;
    for (const { order, entries } of appended) digest.take(order, entries);
    const outline = digest.outline();
    if (before === undefined && first && outline.closedAt !== null) return;
    tell(outline, appended.flatMap(({ entries }) => entries).slice(-MOST_ENTRIES));
  }
  async function look(first: boolean): Promise<void> {
    const ids = await store.incidentIds(MOST_INCIDENTS);
    for (const id of known.keys()) if (!ids.includes(id)) known.delete(id);
    for (const id of ids) await lookAt(id, first);
  }
  return {
    start: () => {
      let first = true;
      return clock.every(LOOK_MS, async () => {
        try {
          await look(first);
          first = false;
        } catch (error) {
          if (!(error instanceof StoreUnavailable)) log.error({ err: error }, 'looking at incidents failed');
        }
      });
    },
  };
}
