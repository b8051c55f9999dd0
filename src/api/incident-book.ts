/** Outlines of incidents, kept between questions and brought up to date by what is new: one of ten thousand sites is read whole only once. */
import type { Clock } from '../platform/clock.ts';
import type { Store } from '../store/store.ts';
import { createDigest, type Digest } from './incident-digest.ts';
import { type Principal, sees } from './principal.ts';
import type { IncidentOutline } from './schemas/incident.ts';

const MOST_KEPT = 1_000;
/** Long after it is closed only people still write into an incident, and seldom: it is read again at most so often. */
const SETTLED_MS = 3_600_000;
const AGAIN_MS = 10_000;

export interface IncidentBook {
  /** Null: nothing was ever appended to it. @throws StoreUnavailable */
  outline(id: string): Promise<IncidentOutline | null>;
  /** Somebody has written into it: the next to ask sees that. */
  changed(id: string): void;
}

export function createIncidentBook({
  clock,
  store,
}: {
  clock: Pick<Clock, 'wall'>;
  store: Pick<Store, 'incidentSince'>;
}): IncidentBook {
  const kept = new Map<string, { digest: Digest; readAt: number }>();
  /** Two who ask for the same at the same time share the reading: taken in twice, entries would count twice. */
  const reading = new Map<string, Promise<Digest>>();

  async function read(id: string, digest: Digest): Promise<Digest> {
    for (const { order, entries } of await store.incidentSince(id, digest.order())) digest.take(order, entries);
    if (kept.size >= MOST_KEPT && !kept.has(id)) kept.delete(kept.keys().next().value!);
    kept.set(id, { digest, readAt: clock.wall() });
    return digest;
  }
  return {
    outline: async (id) => {
      const known = kept.get(id);
      if (known !== undefined && isSettled(known.digest.outline(), known.readAt)) return known.digest.outline();
      let under = reading.get(id);
      if (under === undefined) {
        under = read(id, known?.digest ?? createDigest(id)).finally(() => reading.delete(id));
        reading.set(id, under);
      }
      const outline = (await under).outline();
      return outline.entries === 0 ? null : outline;
    },
    changed: (id) => {
      const known = kept.get(id);
      if (known !== undefined) known.readAt = Number.NEGATIVE_INFINITY;
    },
  };

  function isSettled({ closedAt }: IncidentOutline, readAt: number): boolean {
    const now = clock.wall();
    return closedAt !== null && now - closedAt > SETTLED_MS && now - readAt < AGAIN_MS;
  }
}

/** What they may see of it; null: it does not concern them. The newest sentence may be about somebody else's site. */
export function visibleOutline(principal: Principal, outline: IncidentOutline): IncidentOutline | null {
  const sites = outline.sites.filter((site) => sees(principal, site));
  if (sites.length === outline.sites.length) return principal.role === 'owner' && sites.length === 0 ? null : outline;
  return sites.length === 0 ? null : { ...outline, sites, headline: '' };
}
