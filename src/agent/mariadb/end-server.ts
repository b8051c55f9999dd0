/** Ends the own server. */
import type { Context } from './context.ts';

/** Killed, never asked to end: an orderly end would commit what nobody acknowledged. */
export async function endServer({ server, admin, memory }: Context): Promise<string> {
  admin.close();
  await server.kill();
  memory.admitted = undefined;
  await memory.saveGate(null);
  return 'its server was ended';
}
