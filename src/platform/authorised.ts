/** Who holds the cluster's key may report to controllers and ask them for changes. */
import { timingSafeEqual } from 'node:crypto';

/** `header`: the request's `authorization`. */
export function isAuthorised(header: string | undefined, clusterKey: string): boolean {
  const given = Buffer.from(header ?? '');
  const wanted = Buffer.from(`Bearer ${clusterKey}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
