/** Reads everything that each copy holds, straight from its database, past edge and application. */
import { join } from 'node:path';
import { createSession } from '../../../src/agent/mariadb/session.ts';
import { siteUser } from '../../../src/agent/mariadb/users.ts';
import { copyFolder } from '../../../src/local/instance.ts';
import { roleOf, type ZoneId } from '../../../src/model/index.ts';
import { checkCopies } from '../check/copies.ts';
import { now, type StateLine } from '../history/types.ts';
import type { Ground } from './ground.ts';

const STATEMENT_MS = 30_000;
const SAME_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 300;

/**
 * The live copy's first. While copies differ they may only be behind, or one is just being started anew: they are read again for a
 * while; what they still differ in then is for the checker to say. Throws when one cannot be read at all.
 */
export async function readCopies(ground: Ground): Promise<StateLine[]> {
  const limit = now() + SAME_WITHIN_MS;
  for (;;) {
    const { live, standby, spares } = ground.witness.placement();
    const zones = [live, standby, ...spares].filter((zone) => zone !== null);
    const read = await Promise.allSettled(zones.map((zone) => readCopy(ground, zone)));
    const states = read.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const same = states.length === zones.length && checkCopies(states).length === 0;
    if (same) return states;
    if (now() > limit) {
      // What cannot be read cannot be judged.
      for (const one of read) if (one.status === 'rejected') throw one.reason;
      return states;
    }
    await ground.clock.sleep(LOOK_EVERY_MS);
  }
}

async function readCopy({ instance, store, clock, site, witness }: Ground, zone: ZoneId): Promise<StateLine> {
  const secrets = await store.secrets(site);
  if (secrets === null) throw new Error(`the store has no secrets of ${site}`);
  const session = createSession(clock, {
    socketPath: join(copyFolder(instance, zone, site), 'db.sock'),
    user: siteUser(site),
    password: secrets.databasePassword,
  });
  const rows = (sql: string) => session.query(sql, STATEMENT_MS);
  try {
    // One statement sees one moment; what lies between two of them is made good by reading again.
    const elements = await rows('SELECT value FROM ledger.elements ORDER BY number');
    const versions = await rows('SELECT name, version, value FROM ledger.versions ORDER BY number');
    const registers = await rows('SELECT name, version, value FROM ledger.registers ORDER BY name');
    const triple = (row: Record<string, unknown>): [string, number, string] => {
      return [String(row.name), Number(row.version), String(row.value)];
    };
    return {
      type: 'state',
      at: now(),
      zone,
      role: roleOf(witness.placement(), zone),
      elements: elements.map((row) => String(row.value)),
      versions: versions.map(triple),
      registers: registers.map(triple),
    };
  } finally {
    session.close();
  }
}
