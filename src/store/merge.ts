/** Merges what several watch streams and snapshots tell into one story that never goes back. */
import type { IKeyValue, IWatchResponse } from 'etcd3';
import { type StateItem, toStateItem } from './snapshot.ts';
import type { Snapshot, WatchListener } from './store.ts';

interface Held {
  revision: bigint;
  state: StateItem;
}

export interface Merge {
  /** Everything up to this revision of the store has been handed on. */
  revision(): bigint;
  /** False when a key was deleted: only a snapshot tells what is left. */
  events(response: IWatchResponse): boolean;
  /**
   * `revision`: the store's when `kvs` were read; `knownBefore`: this merge's when the reading began. A smaller `revision` means
   * that the store was replaced by an older one; placements keep their higher epochs even then.
   */
  snapshot(kvs: IKeyValue[], revision: bigint, knownBefore: bigint): void;
}

export function createMerge(listener: WatchListener): Merge {
  const held = new Map<string, Held>();
  let seen = 0n;

  /** True when the item is news and was kept. */
  const keep = (key: string, revision: bigint, state: StateItem, replaced: boolean): boolean => {
    const known = held.get(key);
    if (known !== undefined && !isNews(known, revision, state, replaced)) return false;
    held.set(key, { revision, state });
    return true;
  };

  return {
    revision: () => seen,
    events: (response) => {
      let complete = true;
      for (const event of response.events) {
        const revision = BigInt(event.kv.mod_revision);
        if (String(event.type).toLowerCase() === 'delete') complete = false;
        else {
          const state = toStateItem(event.kv);
          if (state !== null && keep(event.kv.key.toString(), revision, state, false)) tell(listener, state);
        }
        if (revision > seen) seen = revision;
      }
      return complete;
    },
    snapshot: (kvs, revision, knownBefore) => {
      const replaced = revision < knownBefore;
      const present = new Set<string>();
      for (const kv of kvs) {
        const state = toStateItem(kv);
        if (state === null) continue;
        present.add(kv.key.toString());
        keep(kv.key.toString(), BigInt(kv.mod_revision), state, replaced);
      }
      for (const [key, { revision: since }] of held) {
        if (!present.has(key) && (replaced || since <= revision)) held.delete(key);
      }
      if (replaced || revision > seen) seen = revision;
      listener.snapshot(snapshotOf(held));
    },
  };
}

function isNews(known: Held, revision: bigint, state: StateItem, replaced: boolean): boolean {
  if (known.state.kind === 'placements' && state.kind === 'placements')
    return state.item.epoch > known.state.item.epoch;
  return replaced || revision > known.revision;
}

function tell(listener: WatchListener, state: StateItem): void {
  if (state.kind === 'placements') listener.placement(state.item);
  else if (state.kind === 'sites') listener.site(state.item);
  else if (state.kind === 'zones') listener.zone(state.item);
  else if (state.kind === 'edges') listener.edge(state.item);
  else if (state.kind === 'claims') listener.claim?.(state.item);
  else listener.service?.(state.item);
}

function snapshotOf(held: Map<string, Held>): Snapshot {
  const all = [...held].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, { state }]) => state);
  return {
    zones: all.flatMap((state) => (state.kind === 'zones' ? [state.item] : [])),
    edges: all.flatMap((state) => (state.kind === 'edges' ? [state.item] : [])),
    sites: all.flatMap((state) => (state.kind === 'sites' ? [state.item] : [])),
    placements: all.flatMap((state) => (state.kind === 'placements' ? [state.item] : [])),
    claims: all.flatMap((state) => (state.kind === 'claims' ? [state.item] : [])),
    service: all.flatMap((state) => (state.kind === 'service' ? [state.item] : []))[0] ?? null,
  };
}
