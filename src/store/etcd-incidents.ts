/** Incidents in etcd: append-only groups of entries under the incident's id, and an index of the ids. */
import type { Incident, IncidentEntry } from '../model/index.ts';
import { newId } from '../platform/random.ts';
import { getOp, isAbsent, parseValue, putOp, readPrefix } from './etcd-ops.ts';
import { toIncident } from './incidents.ts';
import * as keys from './keys.ts';
import type { Members } from './member.ts';

/** Incidents read at the same time. */
const READS_IN_FLIGHT = 10;

/** See Store.appendToIncident. The stored group carries its author's name, so that a repeated sending is not taken for somebody else's. */
export async function appendEntries(
  members: Members,
  id: string,
  key: string,
  entries: IncidentEntry[],
): Promise<boolean> {
  const at = keys.incidentEntriesKey(id, key);
  const by = newId();
  const { value } = await members.ask(`appending to ${id}`, 'write', (member, timeoutMs) =>
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
  const { kvs } = await readPrefix(members, keys.INCIDENT_INDEX, true);
  const ids = kvs.map((kv) => kv.key.toString().slice(keys.INCIDENT_INDEX.length));
  const newest = ids.toSorted().reverse().slice(0, most);
  const incidents: (Incident | null)[] = [];
  for (let first = 0; first < newest.length; first += READS_IN_FLIGHT) {
    const some = newest.slice(first, first + READS_IN_FLIGHT);
    incidents.push(...(await Promise.all(some.map((id) => readIncident(members, id)))));
  }
  return incidents.filter((incident) => incident !== null);
}

interface StoredEntries {
  by: string;
  entries: IncidentEntry[];
}
