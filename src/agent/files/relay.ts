/** Joins a connection between zones to the descriptor 3 of a process on this host, until one of them ends. */
import type { ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Resolves when nothing flows any more in either direction; never rejects: what matters is how the process ends. */
export async function relay(connection: Duplex, child: ChildProcess): Promise<void> {
  const inner = child.stdio[3] as Duplex;
  await Promise.allSettled([pipeline(connection, inner), pipeline(inner, connection)]);
}
