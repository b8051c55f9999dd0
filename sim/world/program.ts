/** What controllers, agents and edges have in common: a handle on the store, and the wish to be registered in it. */
import type { Claim, Placement } from '../../src/model/index.ts';
import { type Snapshot, type Store, StoreUnavailable, type WatchListener } from '../../src/store/store.ts';
import type { View } from '../../src/store/view.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

const REGISTER_RETRY_MS = 1_000;
const PERSIST_AFTER_MS = 50;

/** A handle whose watch may tell things twice or in another order while a link is troubled so. */
export function storeOf(world: World, process: Process): Store {
  const store = world.store.open(process);
  return { ...store, watch: (listener) => store.watch(withOddities(world, process, listener)) };
}

function withOddities(world: World, process: Process, listener: WatchListener): WatchListener {
  const { engine, net, store } = world;
  let allToldAt = 0;
  return {
    ...listener,
    placement(placement: Placement) {
      const leader = store.leader() ?? process.place;
      const { againAfterMs, lateByMs } = net.oddities(leader, process.place);
      const tell = () => process.deliver(() => listener.placement(placement));
      if (againAfterMs !== null) engine.after(lateByMs + againAfterMs, tell);
      allToldAt = Math.max(allToldAt, engine.now() + lateByMs);
      if (lateByMs > 0) engine.after(lateByMs, tell);
      else listener.placement(placement);
    },
    /** Never before the placements that were committed with it. */
    claim(claim: Claim) {
      const lateByMs = allToldAt - engine.now();
      if (lateByMs > 0) engine.after(lateByMs, () => process.deliver(() => listener.claim?.(claim)));
      else listener.claim?.(claim);
    },
  };
}

/** A view on it begins with what an earlier one of the same program had kept on disk, if there is any. */
export function keptOf(store: Store, kept: Snapshot | null): Store {
  if (kept === null) return store;
  return {
    ...store,
    watch(listener) {
      listener.snapshot(kept);
      return store.watch(listener);
    },
  };
}

/** Hands over what the view holds a little after each change, as it is written to its file. */
export function keepView(process: Process, view: View, keep: (snapshot: Snapshot) => void): void {
  let pending = false;
  view.onChange(() => {
    if (pending) return;
    pending = true;
    process.clock.after(PERSIST_AFTER_MS, () => {
      pending = false;
      keep(snapshotOf(view));
    });
  });
}

function snapshotOf(view: View): Snapshot {
  return {
    zones: [...view.zones.values()],
    edges: [...view.edges.values()],
    sites: [...view.sites.values()],
    placements: [...view.placements.values()],
    claims: [...view.claims].map(([subject, incident]) => ({ subject, incident })),
  };
}

/** Again and again until the store has taken it. */
export function keepRegistering(world: World, process: Process, register: () => Promise<void>): void {
  const attempt = async () => {
    for (;;) {
      try {
        return await register();
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
      }
      await process.clock.sleep(REGISTER_RETRY_MS);
    }
  };
  attempt().catch((error: Error) => crash(world, error));
}

/** A simulated program may not fail: the run ends with its error. */
export function crash(world: World, error: Error): void {
  world.engine.after(0, () => {
    throw error;
  });
}
