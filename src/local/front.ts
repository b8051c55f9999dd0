/**
 * One address on this machine for the console, whichever zone is lost: connections are handed on to the first controller that answers, and
 * cut when it no longer does, so that the browser comes back to another one. In production a load balancer does this.
 */
import { connect, createServer, type Socket } from 'node:net';
import type { Clock } from '../platform/clock.ts';

const LOOK_MS = 500;
const ANSWER_WITHIN_MS = 400;
/** So often in a row it has to be silent before it is left. */
const PATIENCE = 2;

export interface Front {
  /** `localhost:PORT`. */
  address: string;
  stop(): Promise<void>;
}

/** `controllers`: `host:port`, asked in this order. Throws when the port is taken. */
export async function startFront(controllers: string[], port: number, clock: Clock): Promise<Front> {
  const silences = new Map(controllers.map((controller) => [controller, 0]));
  const open = new Map<Socket, string>();
  const target = () => controllers.find((controller) => silences.get(controller) === 0) ?? controllers[0]!;

  const server = createServer((visitor) => {
    const controller = target();
    const [host, at] = [
      controller.slice(0, controller.lastIndexOf(':')),
      controller.slice(controller.lastIndexOf(':') + 1),
    ];
    const inner = connect({ host, port: Number(at) });
    open.set(visitor, controller);
    const end = () => {
      open.delete(visitor);
      visitor.destroy();
      inner.destroy();
    };
    for (const socket of [visitor, inner]) socket.on('error', end).on('close', end);
    visitor.pipe(inner);
    inner.pipe(visitor);
  });
  async function look(controller: string): Promise<void> {
    const answers = await fetch(`http://${controller}/health`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
      .then(async (response) => {
        await response.arrayBuffer();
        return response.ok;
      })
      .catch(() => false);
    const silent = answers ? 0 : (silences.get(controller) ?? 0) + 1;
    silences.set(controller, silent);
    if (silent < PATIENCE) return;
    for (const [visitor, where] of open) if (where === controller) visitor.destroy();
  }
  const stopLooking = clock.every(LOOK_MS, async () => void (await Promise.all(controllers.map(look))));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    address: `localhost:${port}`,
    stop: async () => {
      stopLooking();
      for (const visitor of open.keys()) visitor.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
