/** Moves etcd's leadership to one zone's member, so that a drill hits the store's leader as well. */
import type { Instance } from '../local/instance.ts';
import { zoneOf } from '../local/instance.ts';
import type { ZoneId } from '../model/index.ts';

const LIMIT_MS = 3_000;

interface MemberStatus {
  header: { member_id: string };
  leader: string;
}

/** Returns once the zone's member is the leader; throws when it does not become it. */
export async function moveLeaderTo(instance: Instance, zone: ZoneId): Promise<void> {
  const wanted = (await statusOf(zoneOf(instance, zone).etcd)).header.member_id;
  for (const endpoint of instance.endpoints) {
    const { header, leader } = await statusOf(endpoint);
    if (header.member_id !== leader) continue;
    if (leader !== wanted) await ask(endpoint, 'transfer-leadership', { targetID: wanted });
    break;
  }
  const { leader } = await statusOf(zoneOf(instance, zone).etcd);
  if (leader !== wanted) throw new Error(`etcd's leadership did not move to zone ${zone}`);
}

function statusOf(endpoint: string): Promise<MemberStatus> {
  return ask<MemberStatus>(endpoint, 'status', {});
}

/** etcd's own JSON gateway. */
async function ask<T>(endpoint: string, verb: string, body: object): Promise<T> {
  const response = await fetch(`${endpoint}/v3/maintenance/${verb}`, {
    method: 'POST',
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  if (!response.ok) throw new Error(`etcd at ${endpoint} answered ${response.status} to ${verb}`);
  return (await response.json()) as T;
}
