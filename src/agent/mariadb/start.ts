/** Starts the server and waits until it answers, however long its recovery takes, as long as it lives. */
import type { Context } from './context.ts';
import { Superseded } from './context.ts';
import { lastErrors, type StartMode } from './server.ts';
import { createSession } from './session.ts';

const READY_LIMIT_MS = 10 * 60_000;
const POLL_MS = 20;

export async function startServer(context: Context, mode: StartMode): Promise<string> {
  const { server, clock, paths, memory } = context;
  const startedAt = clock.mono();
  if ((await server.adopt()) === null) {
    // It starts read-only and waiting. From which position on it waits is found out anew; for whom must not be forgotten, since
    // a controller may be recording at this moment that the standby is in sync.
    const gate = memory.gate();
    await memory.saveGate(mode === 'plain' && gate !== null ? { standby: gate.standby, position: null } : null);
    memory.admitted = undefined;
    await server.start(mode);
  }
  while (!(await answers(context))) {
    if (server.running() === null) throw new Error(`mariadbd ended while it was starting: ${await lastErrors(paths)}`);
    if (context.signal.aborted) throw new Superseded();
    if (clock.mono() - startedAt > READY_LIMIT_MS) throw new Error('mariadbd did not answer for ten minutes');
    await clock.sleep(POLL_MS, context.signal);
  }
  return mode === 'rejoin' ? 'started; a tail that nobody acknowledged is cut off' : 'started, read-only';
}

/** Any answer counts, also a refused log-in: the accounts may not be there yet. */
async function answers({ clock, paths }: Context): Promise<boolean> {
  const probe = createSession(clock, { socketPath: paths.socket, user: 'holdfast_probe', password: 'none' });
  try {
    await probe.query('SELECT 1', 300);
    return true;
  } catch (error) {
    return /ACCESS_DENIED/.test(String((error as { code?: string }).code));
  } finally {
    probe.close();
  }
}
