/** The store over etcd v3: domain words outside, compare-and-set transactions inside. */
import { isDeepStrictEqual } from 'node:util';
import type { ITxnRequest, ITxnResponse } from 'etcd3';
import {
  type DrillResult,
  firstPlacement,
  type ServiceSpec,
  type SiteRecord,
  type SiteSecrets,
  type SiteSpec,
  type WallMs,
  type ZoneId,
  type ZoneRecord,
} from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { newSecret } from '../platform/random.ts';
import { type Members, openMembers } from './ask.ts';
import { evacuate } from './changes.ts';
import { etcdAccess } from './etcd-access.ts';
import { commitChanges } from './etcd-commit.ts';
import { appendEntries, readIncident, readIncidentIds, readIncidentSince, readIncidents } from './etcd-incidents.ts';
import { isAbsent, isUnchanged, parseValue, putOp, readKey, readPrefix } from './etcd-ops.ts';
import { etcdOutbox } from './etcd-outbox.ts';
import { etcdSubscribers } from './etcd-subscribers.ts';
import { watchEtcd } from './etcd-watch.ts';
import * as keys from './keys.ts';
import { newSecrets } from './new-secrets.ts';
import { toSnapshot } from './snapshot.ts';
import { type Store, StoreUnavailable } from './store.ts';

export interface EtcdStoreOptions {
  /** `http://host:port` of each member, the own zone's first. */
  endpoints: string[];
  clock: Clock;
  log: Log;
  /** Every call has answered or thrown StoreUnavailable after so long. A commit of many changes: each change. */
  deadlineMs?: number;
}

/** Lost races (against another writer of the same record) before a merge gives up. */
const MOST_RACES = 20;

/** Opens a store on an etcd cluster; connects when first used. */
export function openEtcdStore({ endpoints, clock, log, deadlineMs = 1_000 }: EtcdStoreOptions): Store {
  const members = openMembers(endpoints, clock, deadlineMs);
  const watches = new Set<() => void>();
  return {
    ...etcdOutbox(members),
    ...etcdAccess(members),
    ...etcdSubscribers(members),
    read: async () => toSnapshot((await readPrefix(members, keys.STATE)).kvs),
    placement: async (site) => {
      const kv = await readKey(members, keys.placementKey(site));
      return kv === undefined ? null : parseValue<keys.StoredPlacement>(kv).placement;
    },
    commit: (changes) => commitChanges(members, changes),
    applySite: (spec, now) => applySite(members, spec, now),
    service: async () => {
      const kv = await readKey(members, keys.SERVICE);
      return kv === undefined ? null : parseValue<ServiceSpec>(kv);
    },
    applyService: (spec) => merge<ServiceSpec>(members, keys.SERVICE, () => spec),
    secrets: async (site) => {
      const kv = await readKey(members, keys.secretsKey(site));
      return kv === undefined ? null : parseValue<SiteSecrets>(kv);
    },
    registerZone: (zone, fields) => {
      const blank: ZoneRecord = { zone, agent: null, controller: null, host: null, portBase: null, evacuated: null };
      return merge<ZoneRecord>(members, keys.zoneKey(zone), (known) => ({ ...(known ?? blank), ...fields, zone }));
    },
    setEvacuated: (zone, evacuated) => setEvacuated(members, zone, evacuated),
    registerEdge: (edge) => merge(members, keys.edgeKey(edge.edge), () => edge),
    drillResults: async (site) => {
      const kv = await readKey(members, keys.drillsKey(site));
      return kv === undefined ? [] : parseValue<DrillResult[]>(kv);
    },
    appendToIncident: (id, key, entries) => appendEntries(members, id, key, entries),
    incidents: (most) => readIncidents(members, most),
    incident: (id) => readIncident(members, id),
    incidentIds: (most) => readIncidentIds(members, most),
    incidentSince: (id, after) => readIncidentSince(members, id, after),
    watch: (listener) => {
      const stop = watchEtcd({ endpoints, members, clock, log, listener });
      watches.add(stop);
      return () => {
        watches.delete(stop);
        stop();
      };
    },
    close: async () => {
      for (const stop of watches) stop();
      watches.clear();
      members.close();
    },
  };
}

async function txn(members: Members, what: string, request: ITxnRequest): Promise<ITxnResponse> {
  const { value } = await members.write(what, (member, ms) => member.txn(request, ms));
  return value;
}

/** Reads the record, derives the new one and writes it if nobody wrote meanwhile; again until that is so. */
async function merge<T>(members: Members, key: string, derive: (known: T | null) => T): Promise<void> {
  for (let race = 0; race < MOST_RACES; race += 1) {
    const kv = await readKey(members, key);
    const known = kv === undefined ? null : parseValue<T>(kv);
    const wanted = derive(known);
    if (isDeepStrictEqual(known, wanted)) return;
    const { succeeded } = await txn(members, `writing ${key}`, {
      compare: [isUnchanged(key, kv?.mod_revision ?? '0')],
      success: [putOp(key, wanted), putOp(keys.MARK, '')],
    });
    if (succeeded) return;
  }
  throw new StoreUnavailable(`${key} is being rewritten by others all the time`);
}

async function setEvacuated(
  members: Members,
  zone: ZoneId,
  evacuated: ZoneRecord['evacuated'],
): Promise<ZoneRecord | null> {
  if ((await readKey(members, keys.zoneKey(zone))) === undefined) return null;
  let record: ZoneRecord | null = null;
  // No zone's record is ever deleted, so that the one just read is there.
  await merge<ZoneRecord>(members, keys.zoneKey(zone), (known) => {
    record = evacuate(known!, evacuated);
    return record;
  });
  return record;
}

async function applySite(members: Members, spec: SiteSpec, now: WallMs): Promise<SiteRecord> {
  const key = keys.siteKey(spec.site);
  for (let race = 0; race < MOST_RACES; race += 1) {
    const kv = await readKey(members, key);
    if (kv === undefined) {
      const record = await addSite(members, spec, now);
      if (record !== null) return record;
      continue;
    }
    const record: SiteRecord = { ...parseValue<SiteRecord>(kv), spec };
    if (isDeepStrictEqual(record, parseValue<SiteRecord>(kv))) return record;
    const { succeeded } = await txn(members, `describing ${spec.site}`, {
      compare: [isUnchanged(key, kv.mod_revision)],
      success: [putOp(key, record), putOp(keys.MARK, '')],
    });
    if (succeeded) return record;
  }
  throw new StoreUnavailable(`the site ${spec.site} is being described by others all the time`);
}

/** Null: somebody else took the slot or added the site first (or this very call did, unnoticed). */
async function addSite(members: Members, spec: SiteSpec, now: WallMs): Promise<SiteRecord | null> {
  const { kvs } = await readPrefix(members, `${keys.STATE}sites/`);
  const taken = new Set(kvs.map((kv) => parseValue<SiteRecord>(kv).slot));
  let slot = 0;
  while (taken.has(slot)) slot += 1;
  const record: SiteRecord = { spec, slot };
  const stored: keys.StoredPlacement = {
    commit: newSecret(),
    placement: firstPlacement(spec.site, spec.zones[0]!, now),
  };
  const { succeeded } = await txn(members, `adding ${spec.site}`, {
    compare: [isAbsent(keys.siteKey(spec.site)), isAbsent(keys.epochKey(spec.site)), isAbsent(keys.slotKey(slot))],
    success: [
      putOp(keys.siteKey(spec.site), record),
      putOp(keys.slotKey(slot), spec.site),
      putOp(keys.secretsKey(spec.site), newSecrets()),
      putOp(keys.epochKey(spec.site), '1'),
      putOp(keys.placementKey(spec.site), stored),
      putOp(keys.MARK, ''),
    ],
  });
  return succeeded ? record : null;
}
