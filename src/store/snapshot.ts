/** Key-value pairs under the state prefix → the domain's records, one at a time or all of one moment. */
import type { Claim, EdgeRecord, Placement, ServiceSpec, SiteRecord, ZoneRecord } from '../model/index.ts';
import { type StoredPlacement, stateKindOf, subjectOfClaim } from './keys.ts';
import type { Snapshot } from './store.ts';

export type StateItem =
  | { kind: 'placements'; item: Placement }
  | { kind: 'sites'; item: SiteRecord }
  | { kind: 'zones'; item: ZoneRecord }
  | { kind: 'edges'; item: EdgeRecord }
  | { kind: 'claims'; item: Claim }
  | { kind: 'service'; item: ServiceSpec };

/** Null for keys that hold no record. */
export function toStateItem(kv: { key: Buffer; value: Buffer }): StateItem | null {
  const key = kv.key.toString();
  const kind = stateKindOf(key);
  if (kind === null) return null;
  if (kind === 'claims') return { kind, item: { subject: subjectOfClaim(key), incident: kv.value.toString() } };
  const value = JSON.parse(kv.value.toString());
  if (kind === 'placements') return { kind, item: (value as StoredPlacement).placement };
  return { kind, item: value } as StateItem;
}

/** Everything, each kind in the order of its keys. */
export function toSnapshot(kvs: { key: Buffer; value: Buffer }[]): Snapshot {
  const snapshot: Snapshot = { zones: [], edges: [], sites: [], placements: [], claims: [], service: null };
  for (const kv of kvs) {
    const state = toStateItem(kv);
    if (state?.kind === 'service') snapshot.service = state.item;
    else if (state !== null) (snapshot[state.kind] as unknown[]).push(state.item);
  }
  return snapshot;
}
