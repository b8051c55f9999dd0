/** Reads every id of a drill straight from one copy's database, past edge and application: what is there is there. */
import { join } from 'node:path';
import { createSession } from '../agent/mariadb/session.ts';
import { siteUser } from '../agent/mariadb/users.ts';
import { copyFolder, type Instance } from '../local/instance.ts';
import type { SiteRecord, ZoneId } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Store } from '../store/store.ts';

const STATEMENT_MS = 30_000;

/** How often each id is there. `sql` selects the columns `id` and `times`. */
export async function readBack(
  { instance, store, clock }: { instance: Instance; store: Store; clock: Clock },
  { spec }: SiteRecord,
  zone: ZoneId,
  sql: string,
): Promise<Map<string, number>> {
  const secrets = await store.secrets(spec.site);
  if (secrets === null) throw new Error(`the store has no secrets of ${spec.site}`);
  const session = createSession(clock, {
    socketPath: join(copyFolder(instance, zone, spec.site), 'db.sock'),
    user: siteUser(spec.site),
    password: secrets.databasePassword,
  });
  try {
    const rows = await session.query(sql.replaceAll('{{database}}', `\`${spec.database.name}\``), STATEMENT_MS);
    return new Map(rows.map((row) => [String(row.id), Number(row.times)]));
  } finally {
    session.close();
  }
}

/** Ids that are in one of the two only. */
export function differing(one: Map<string, number>, other: Map<string, number>): string[] {
  return [...new Set([...one.keys(), ...other.keys()])].filter((id) => one.get(id) !== other.get(id));
}
