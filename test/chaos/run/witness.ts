/** Watches the store: every placement of the site goes into the history, and the newest is at hand. */
import { type Placement, phaseOf } from '../../../src/model/index.ts';
import type { Store } from '../../../src/store/store.ts';
import type { HistoryFile } from '../history/file.ts';
import { now } from '../history/types.ts';

export interface Witness {
  /** Throws until one was seen. */
  placement(): Placement;
  /** How often the site has moved since the beginning. */
  moves(): number;
  stop(): void;
}

export function watchSite(store: Store, site: string, history: HistoryFile): Witness {
  let newest: Placement | null = null;
  let moves = 0;
  const see = (placement: Placement) => {
    if (placement.site !== site || (newest !== null && placement.epoch <= newest.epoch)) return;
    if (newest !== null && newest.live !== placement.live) moves += 1;
    newest = placement;
    const { epoch, live, standby, spares, inSync, decision, incident } = placement;
    const phase = phaseOf(placement);
    history.write({ type: 'placement', at: now(), epoch, live, standby, spares, inSync, phase, decision, incident });
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
    placement: () => {
      if (newest === null) throw new Error(`no placement of ${site} has been seen`);
      return newest;
    },
    moves: () => moves,
    stop,
  };
}
