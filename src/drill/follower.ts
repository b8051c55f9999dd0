/** Follows one site's placement in the store: the drill's own witness of when the site was protected and when exposed. */
import { isProtected, type Placement, type SiteId } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Store } from '../store/store.ts';
import type { ProtectionChange } from './judge.ts';

const LOOK_EVERY_MS = 20;

export interface Follower {
  /** The newest placement seen. */
  placement(): Placement | null;
  /** Since the follower began, oldest first; at least one once a placement was seen. */
  changes(): ProtectionChange[];
  /** The first placement that `wanted` accepts, or null when `limitMs` passes. */
  until(wanted: (placement: Placement) => boolean, limitMs: number): Promise<Placement | null>;
  stop(): void;
}

export function followSite(store: Store, site: SiteId, clock: Clock): Follower {
  let newest: Placement | null = null;
  const changes: ProtectionChange[] = [];
  const see = (placement: Placement) => {
    if (placement.site !== site || (newest !== null && placement.epoch <= newest.epoch)) return;
    changes.push(...protectionChanges(newest, placement));
    newest = placement;
  };
  const stop = store.watch({
    snapshot: ({ placements }) => placements.forEach(see),
    placement: see,
    site: () => {},
    zone: () => {},
    edge: () => {},
    fresh: () => {},
  });
  return {
    placement: () => newest,
    changes: () => [...changes],
    async until(wanted, limitMs) {
      const limit = clock.mono() + limitMs;
      while (clock.mono() < limit) {
        if (newest !== null && wanted(newest)) return newest;
        await clock.sleep(LOOK_EVERY_MS);
      }
      return null;
    },
    stop,
  };
}

/** What happened to the protection between two placements, of which those in between may not have been seen. Pure. */
export function protectionChanges(before: Placement | null, after: Placement): ProtectionChange[] {
  const now = { at: after.protectionSince, protected: isProtected(after) };
  if (before === null) return [now];
  if (isProtected(before) !== now.protected) return [now];
  if (!now.protected || before.protectionSince === after.protectionSince) return [];
  return [{ at: after.protectionSince, protected: false }, now];
}
