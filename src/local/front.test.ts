/** The console's one address: it stays with a controller that answers, and leaves one that no longer does. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../platform/clock.ts';
import { type Front, startFront } from './front.ts';
import { freePort } from './layout.ts';

let front: Front | undefined;
const controllers: Server[] = [];

afterEach(async () => {
  await front?.stop();
  for (const controller of controllers.splice(0)) controller.close().closeAllConnections();
});

/** `hangs()`: it accepts and says nothing, as a frozen one. */
async function controller(name: string, hangs = () => false): Promise<string> {
  const server = createServer((request, response) => {
    if (hangs()) return;
    response.end(request.url === '/health' ? 'well' : name);
  });
  controllers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function answerOf(address: string): Promise<string> {
  const response = await fetch(`http://${address}/`, {
    signal: AbortSignal.timeout(3_000),
    headers: { connection: 'close' },
  });
  return response.text();
}

test('the first one answers; frozen, its open requests are cut and the second one answers; thawed, it answers again', async () => {
  let frozen = false;
  const first = await controller('first', () => frozen);
  const second = await controller('second');
  front = await startFront([first, second], await freePort(18_900), systemClock);
  expect(await answerOf(front.address)).toBe('first');
  frozen = true;
  await expect(answerOf(front.address)).rejects.toThrow();
  await expect.poll(() => answerOf(front!.address).catch(String), { timeout: 4_000 }).toBe('second');
  frozen = false;
  await expect.poll(() => answerOf(front!.address), { timeout: 4_000 }).toBe('first');
}, 15_000);
