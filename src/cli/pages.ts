/** Lists of the API, read page by page to their end. */
import type { Access } from './access.ts';
import { askControllers } from './controllers.ts';

const PAGE = 200;

/** All of them, or the first `most`, of the field `key`. @throws HoldfastError `controller-unreachable` */
export async function askPages<K extends string, T>(
  access: Access,
  path: string,
  key: K,
  most = Number.POSITIVE_INFINITY,
): Promise<T[]> {
  const found: T[] = [];
  let next: string | null = null;
  do {
    const query = new URLSearchParams({ limit: String(Math.min(PAGE, most - found.length)) });
    if (next !== null) query.set('cursor', next);
    const page: { body: Record<K, T[]> & { next: string | null } } | null = await askControllers(
      access,
      `${path}${path.includes('?') ? '&' : '?'}${query}`,
    );
    found.push(...(page?.body[key] ?? []));
    next = page?.body.next ?? null;
  } while (next !== null && found.length < most);
  return found;
}
