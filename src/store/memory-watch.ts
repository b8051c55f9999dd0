/** A watch on the cluster in memory: hears changes as late as its handle's delay, and misses what happens while it is cut off. */
import type { Clock } from '../platform/clock.ts';
import type { MemoryCluster, Reach } from './memory.ts';
import type { StateItem } from './snapshot.ts';
import type { WatchListener } from './store.ts';

/** The same rhythm as over etcd. */
const CONFIRM_EVERY_MS = 300;
const CHECK_EVERY_MS = 100;
const STALE_AFTER_MS = 1_500;

interface MemoryWatchOptions {
  cluster: MemoryCluster;
  clock: Clock;
  reach: Reach;
  listener: WatchListener;
}

/** Starts watching; the returned function ends it. */
export function watchMemory({ cluster, clock, reach, listener }: MemoryWatchOptions): () => void {
  const epochs = new Map<string, number>();
  let stopped = false;
  let gap = true;
  let fresh: boolean | null = null;
  let confirmedAt = clock.mono();
  let confirming = false;

  const hear = (change: StateItem) => {
    if (stopped || gap) return;
    if (!reach.available()) {
      gap = true;
      return;
    }
    if (change.kind === 'sites') listener.site(change.item);
    else if (change.kind === 'zones') listener.zone(change.item);
    else if (change.kind === 'edges') listener.edge(change.item);
    else if (change.kind === 'service') listener.service?.(change.item);
    else if (change.kind === 'claims') listener.claim?.(change.item);
    else if (change.item.epoch > (epochs.get(change.item.site) ?? 0)) {
      epochs.set(change.item.site, change.item.epoch);
      listener.placement(change.item);
    }
  };

  const confirm = async () => {
    if (confirming || !reach.available()) return;
    confirming = true;
    const startedAt = clock.mono();
    const needsSnapshot = gap;
    // What changes from here on is heard beside the snapshot, not lost before it.
    gap = false;
    if (reach.delayMs() > 0) await clock.sleep(reach.delayMs());
    confirming = false;
    if (stopped) return;
    if (!reach.available()) {
      gap = true;
      return;
    }
    if (needsSnapshot) {
      const all = cluster.snapshot();
      for (const { site, epoch } of all.placements) epochs.set(site, Math.max(epoch, epochs.get(site) ?? 0));
      listener.snapshot(all);
    }
    confirmedAt = startedAt;
    fresh = true;
    listener.fresh(true);
  };

  const check = () => {
    if (!reach.available()) gap = true;
    const age = clock.mono() - confirmedAt;
    if (age > STALE_AFTER_MS && fresh !== false) {
      fresh = false;
      gap = true;
      listener.fresh(false);
    }
    if (gap || age >= CONFIRM_EVERY_MS) void confirm();
  };

  const queue = createQueue(clock, reach, hear);
  cluster.watchers.add(queue);
  const stopChecking = clock.every(CHECK_EVERY_MS, check);
  const cancelFirst = clock.after(0, check);
  return () => {
    stopped = true;
    cluster.watchers.delete(queue);
    stopChecking();
    cancelFirst();
  };
}

/** Hands changes on in their order, each after the handle's delay at that moment. */
function createQueue(clock: Clock, reach: Reach, hear: (change: StateItem) => void): (change: StateItem) => void {
  let notBefore = 0;
  return (change) => {
    notBefore = Math.max(notBefore, clock.mono() + reach.delayMs());
    clock.after(Math.max(0, notBefore - clock.mono()), () => hear(change));
  };
}
