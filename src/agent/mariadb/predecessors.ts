/** Ends what a dead agent left running on the server: a statement of its may not take effect after one of ours. */
import { endConnections } from './connections.ts';
import type { Session } from './session.ts';
import { ADMIN_USER } from './users.ts';

/** Returns when no connection of the agent's account is left but the two given ones. */
export function endPredecessors(admin: Session, eye: Session): Promise<void> {
  return endConnections(admin, ({ id, user }) => user === ADMIN_USER && id !== eye.id());
}
