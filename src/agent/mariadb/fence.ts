/**
 * Cuts this copy off from its source with certainty: once `fence` has returned, no replication thread of this server receives
 * or acknowledges anything. `STOP SLAVE IO_THREAD` alone gives that certainty, but takes two seconds against a silent source;
 * destroying the thread's sockets meanwhile (as root) ends its wait at once. See docs/decisions/fence-by-breaking-the-connection.md.
 */
import { execFile } from 'node:child_process';
import type { Clock } from '../../platform/clock.ts';
import type { Row, Session } from './session.ts';

export interface FenceOutcome {
  tookMs: number;
  /** How many times sockets were destroyed before the thread had ended. */
  rounds: number;
  /** The replication status after it had ended; null: this server follows nobody. */
  replica: Row | null;
}

/** How long the plain statement may take before sockets are destroyed: a source that is there or refuses needs 1–5 ms. */
export const PATIENCE_MS = { promotion: 4, repoint: 150 };

const STOP_MS = 8_000;
const ROUND_MS = 10;
const MOST_ROUNDS = 400;

/** Throws when the thread could not be proved to have ended; then nothing may be promoted. */
export async function fence(
  clock: Clock,
  session: Session,
  source: { host: string; port: number } | null,
  patienceMs: number,
  breakConnections: typeof destroySockets = destroySockets,
): Promise<FenceOutcome> {
  const startedAt = clock.mono();
  let stopped = false;
  // Asked first: a thread that was told to stop does not reconnect when its socket is destroyed.
  const stop = session.query('STOP SLAVE IO_THREAD', STOP_MS).finally(() => {
    stopped = true;
  });
  const ended = stop.then(noop, noop);
  await Promise.race([ended, clock.sleep(patienceMs)]);
  let rounds = 0;
  while (source !== null && !stopped && rounds < MOST_ROUNDS) {
    rounds += 1;
    // Not waited for longer than needed: starting a program takes tens of milliseconds on a busy machine, and one that ends late costs a new
    // connection to the same source, if there is one by then, a reconnect after a second.
    await Promise.race([ended, breakConnections(source)]);
    if (!stopped) await Promise.race([ended, clock.sleep(ROUND_MS)]);
  }
  await stop;
  const [replica] = await session.query('SHOW SLAVE STATUS');
  if (replica !== undefined && replica.Slave_IO_Running !== 'No') {
    throw new Error(`the replication thread still runs after it was stopped (${String(replica.Slave_IO_Running)})`);
  }
  return { tookMs: Math.round(clock.mono() - startedAt), rounds, replica: replica ?? null };
}

function noop(): void {}

/**
 * Destroys every TCP connection of this network namespace to that address, also half-open ones. Resolves when done; where it is not
 * allowed or not there it changes nothing, and stopping takes as long as the server takes.
 */
export function destroySockets(peer: { host: string; port: number }): Promise<void> {
  return new Promise((resolve) => {
    const filter = ['dst', peer.host, 'and', 'dport', '=', `:${peer.port}`];
    execFile('ss', ['-K', '-n', '-t', 'state', 'all', ...filter], { timeout: 2_000 }, () => resolve());
  });
}
