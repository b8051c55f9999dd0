/** Ends what a dead agent left running on the server: a statement of its may not take effect after one of ours. */
import type { Clock } from '../../platform/clock.ts';
import type { Session } from './session.ts';
import { ADMIN_USER } from './users.ts';

const ROUNDS = 100;
const PAUSE_MS = 10;

/** Returns when no connection of the agent's account is left but the two given ones. */
export async function endPredecessors(clock: Clock, admin: Session, eye: Session): Promise<void> {
  await admin.query('DO 1');
  for (let round = 0; round < ROUNDS; round += 1) {
    const rows = await admin.query(
      `SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = '${ADMIN_USER}' AND ID <> CONNECTION_ID()`,
    );
    const others = rows.map((row) => Number(row.id)).filter((id) => id !== eye.id());
    if (others.length === 0) return;
    for (const id of others) await admin.query(`KILL ${id}`).catch(noSuchThread);
    await clock.sleep(PAUSE_MS);
  }
  throw new Error("an earlier agent's connections cannot be ended");
}

function noSuchThread(error: Error & { errno?: number }): void {
  if (error.errno !== 1094) throw error;
}
