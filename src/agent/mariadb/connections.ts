/** Ends connections to the own server. */
import type { Session } from './session.ts';

export interface Connection {
  id: number;
  user: string;
}

const ROUNDS = 100;
const PAUSE_S = 0.01;

/** Returns when no connection but the asking one is left that `isUnwanted`. Throws when one does not end within a second or two. */
export async function endConnections(session: Session, isUnwanted: (one: Connection) => boolean): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const rows = await session.query(
      'SELECT ID AS id, USER AS user FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID()',
    );
    const unwanted = rows.map(({ id, user }) => ({ id: Number(id), user: String(user) })).filter(isUnwanted);
    if (unwanted.length === 0) return;
    for (const { id } of unwanted) await session.query(`KILL ${id}`).catch(noSuchThread);
    await session.query(`SELECT SLEEP(${PAUSE_S})`);
  }
  throw new Error('connections that were ended are still there');
}

function noSuchThread(error: Error & { errno?: number }): void {
  if (error.errno !== 1094) throw error;
}
