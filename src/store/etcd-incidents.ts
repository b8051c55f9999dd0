/** Incidents in etcd: append-only groups of entries under the incident's id, and an index of the ids. */
import type { IKeyValue, IRangeRequest } from 'etcd3';
import type { Incident, IncidentEntry } from '../model/index.ts';
import { newId } from '../platform/random.ts';
import type { Members } from './ask.ts';
import { bytes, endOf, getOp, isAbsent, parseValue, putOp, readPrefix } from './etcd-ops.ts';
import { toIncident } from './incidents.ts';
import * as keys from './keys.ts';
import type { Appended } from './store.ts';

/** Incidents read at the same time. */
const READS_IN_FLIGHT = 10;
/** Ids in one answer. */
const MOST_AT_ONCE = 1_000;

/** See Store.appendToIncident. The stored group carries its author's name, so that a repeated sending is not taken for somebody else's. */
export async function appendEntries(
  members: Members,
  id: string,
  key: string,
  entries: IncidentEntry[],
): Promise<boolean> {
  const at = keys.incidentEntriesKey(id, key);
  const by = newId();
  const { value } = await members.write(`appending to ${id}`, (member, timeoutMs) =>
    member.txn(
      {
        compare: [isAbsent(at)],
        success: [putOp(at, { by, entries }), putOp(keys.incidentIndexKey(id), '')],
        failure: [getOp(at)],
      },
      timeoutMs,
    ),
  );
  if (value.succeeded) return true;
  const kv = value.responses[0]?.response_range.kvs[0];
  return kv !== undefined && parseValue<StoredEntries>(kv).by === by;
}

/** Null when nothing was ever appended to it. */
export async function readIncident(members: Members, id: string): Promise<Incident | null> {
  const prefix = keys.incidentPrefix(id);
  const { kvs } = await readPrefix(members, prefix);
  if (kvs.length === 0) return null;
  const groups = kvs.map((kv) => ({
    key: kv.key.toString().slice(prefix.length),
    entries: parseValue<StoredEntries>(kv).entries,
  }));
  return toIncident(id, groups);
}

/** Newest first, at most `most`. */
export async function readIncidents(members: Members, most: number): Promise<Incident[]> {
  const newestFirst = await readIncidentIds(members, Number.POSITIVE_INFINITY);
  const incidents: Incident[] = [];
  // An id may stand in the index without entries: when every change of its transaction was beaten.
  for (let first = 0; first < newestFirst.length && incidents.length < most; first += READS_IN_FLIGHT) {
    const some = newestFirst.slice(first, first + READS_IN_FLIGHT);
    const read = await Promise.all(some.map((id) => readIncident(members, id)));
    incidents.push(...read.filter((incident) => incident !== null));
  }
  return incidents.slice(0, most);
}

/** Newest first; of an incident without entries too. */
export async function readIncidentIds(members: Members, most: number): Promise<string[]> {
  const idOf = (kv: IKeyValue) => kv.key.toString().slice(keys.INCIDENT_INDEX.length);
  if (most > MOST_AT_ONCE) {
    const { kvs } = await readPrefix(members, keys.INCIDENT_INDEX, { keysOnly: true });
    return kvs.map(idOf).toSorted().reverse().slice(0, most);
  }
  const range: IRangeRequest = {
    key: bytes(keys.INCIDENT_INDEX),
    range_end: endOf(keys.INCIDENT_INDEX),
    limit: most,
    keys_only: true,
    sort_target: 'Key',
    sort_order: 'Descend',
  };
  const { kvs } = await members.read('reading which incidents there are', (member, ms) => member.range(range, ms));
  return kvs.map(idOf);
}

/** What was appended after the revision `after`. etcd leaves the rest out, so that following an incident of many sites stays cheap. */
export async function readIncidentSince(members: Members, id: string, after: number): Promise<Appended[]> {
  const { kvs } = await readPrefix(members, keys.incidentPrefix(id), { since: after + 1 });
  return kvs
    .map((kv) => ({ order: Number(kv.mod_revision), entries: parseValue<StoredEntries>(kv).entries }))
    .toSorted((one, other) => one.order - other.order);
}

interface StoredEntries {
  by: string;
  entries: IncidentEntry[];
}
