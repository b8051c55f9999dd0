/** Links by which somebody takes an incident: signed with a key that is derived from the cluster's for this one purpose, and expiring. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { WallMs } from '../model/index.ts';

/** So long after it was sent a link still takes an incident. */
export const LINK_LASTS_MS = 24 * 3_600_000;
const LONGEST = 1_000;

export interface AckClaim {
  incident: string;
  person: string;
  until: WallMs;
}

export function signAck(clusterKey: string, { incident, person, until }: AckClaim): string {
  const body = Buffer.from(JSON.stringify([incident, person, until])).toString('base64url');
  return `${body}.${signature(clusterKey, body).toString('base64url')}`;
}

/** `bad`: not signed here; `late`: it was, and has expired. */
export function readAck(clusterKey: string, token: string, now: WallMs): AckClaim | 'bad' | 'late' {
  const [body = '', sent = '', ...rest] = token.split('.');
  const given = Buffer.from(sent, 'base64url');
  const wanted = signature(clusterKey, body);
  if (token.length > LONGEST || rest.length > 0 || given.length !== wanted.length || !timingSafeEqual(given, wanted))
    return 'bad';
  const [incident, person, until] = JSON.parse(Buffer.from(body, 'base64url').toString()) as [string, string, number];
  return until < now ? 'late' : { incident, person, until };
}

function signature(clusterKey: string, body: string): Buffer {
  const key = createHmac('sha256', clusterKey).update('holdfast acknowledge link, version 1').digest();
  return createHmac('sha256', key).update(body).digest();
}
