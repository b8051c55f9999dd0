/**
 * Takes faults of whole zones from the controllers, so that the console can break what it shows: a socket in a folder that only its owner
 * may enter. What is asked for happens a moment later, so that the answer has left the zone that is to go.
 */
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { systemClock } from '../platform/clock.ts';
import { cutZone, freezeZone, healZone, killZone } from './faults.ts';
import type { Instance } from './instance.ts';

/** The answer and its entry in the audit record are away by then. */
const BEFORE_MS = 400;

const VERBS: Record<string, (instance: Instance, zone: string) => Promise<void>> = {
  kill: killZone,
  freeze: freezeZone,
  cut: cutZone,
  heal: healZone,
};

export const practiceSocket = ({ folder }: Pick<Instance, 'folder'>) => join(folder, 'practice', 'keeper.sock');

/** Listens until `stop`. `say`: told what is done, and what could not be. */
export async function startPractice(
  instance: Instance,
  say: (sentence: string) => void,
): Promise<{ stop(): Promise<void> }> {
  const path = practiceSocket(instance);
  mkdirSync(dirname(path), { mode: 0o700 });
  const stopping = new AbortController();
  const server = createServer((request, response) => {
    const [, verb = '', zone = ''] = (request.url ?? '').split('/');
    const act = VERBS[verb];
    const known = instance.zones.some((one) => one.zone === zone);
    response.writeHead(request.method !== 'POST' || act === undefined || !known ? 404 : 202).end();
    if (response.statusCode === 202)
      void later(() => act!(instance, zone), `${verb} zone ${zone}, as the console asked`);
  });
  async function later(act: () => Promise<void>, what: string): Promise<void> {
    await systemClock.sleep(BEFORE_MS, stopping.signal);
    if (stopping.signal.aborted) return;
    say(what);
    await act().catch((error: Error) => say(`${what}: ${error.message}`));
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return {
    stop: async () => {
      stopping.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
