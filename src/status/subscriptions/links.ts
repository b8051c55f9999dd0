/** Links by which somebody confirms a subscription or ends it: signed with a key derived from the cluster's for this purpose alone. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { WallMs } from '../../model/index.ts';

export type LinkPurpose = 'confirm' | 'unsubscribe';
const LONGEST = 400;

/** `until` null: for good. */
export function signLink(clusterKey: string, purpose: LinkPurpose, id: string, until: WallMs | null): string {
  const body = Buffer.from(JSON.stringify([id, until])).toString('base64url');
  return `${body}.${signature(clusterKey, purpose, body).toString('base64url')}`;
}

/** The subscriber's id. `bad`: not signed here for this; `late`: it has expired. */
export function readLink(
  clusterKey: string,
  purpose: LinkPurpose,
  token: string,
  now: WallMs,
): { id: string } | 'bad' | 'late' {
  const [body = '', sent = '', ...rest] = token.split('.');
  const given = Buffer.from(sent, 'base64url');
  const wanted = signature(clusterKey, purpose, body);
  if (token.length > LONGEST || rest.length > 0 || given.length !== wanted.length || !timingSafeEqual(given, wanted))
    return 'bad';
  const [id, until] = JSON.parse(Buffer.from(body, 'base64url').toString()) as [string, WallMs | null];
  return until !== null && until < now ? 'late' : { id };
}

function signature(clusterKey: string, purpose: LinkPurpose, body: string): Buffer {
  const key = createHmac('sha256', clusterKey).update(`holdfast status page, ${purpose}, version 1`).digest();
  return createHmac('sha256', key).update(body).digest();
}
