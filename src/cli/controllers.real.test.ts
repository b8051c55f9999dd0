/** Which controller is listened to, with real servers: dead, slow, behind and good ones. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../platform/clock.ts';
import { askControllers } from './controllers.ts';

const servers: http.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function controller(body: object | null, afterMs = 0): Promise<string> {
  const server = http.createServer(async (_, response) => {
    await systemClock.sleep(afterMs);
    response.writeHead(body === null ? 404 : 200).end(JSON.stringify(body));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const of = (...controllers: string[]) => ({ controllers, secret: 'KEY', by: 'Ada' });
const DEAD = '127.0.0.1:59999';
const good = (body: unknown) => (body as { fresh: boolean }).fresh;

test('a fresh answer is preferred to an earlier one that is behind', async () => {
  const behind = await controller({ fresh: false });
  const fresh = await controller({ fresh: true }, 100);
  expect(await askControllers(of(DEAD, behind, fresh), '/status', { good })).toEqual({
    from: fresh,
    body: { fresh: true },
  });
});

test('after a while an answer that is behind is better than none', async () => {
  const behind = await controller({ fresh: false });
  const silent = await controller({ fresh: true }, 5_000);
  const from = systemClock.mono();
  expect((await askControllers(of(silent, behind), '/status', { good, preferMs: 100 }))?.from).toBe(behind);
  expect(systemClock.mono() - from).toBeLessThan(4_500);
});

test('a slow answer is waited for when there is no other', async () => {
  const slow = await controller({ fresh: false }, 200);
  expect((await askControllers(of(DEAD, slow), '/status', { good, preferMs: 50 }))?.from).toBe(slow);
});

test('all say 404: null; nobody answers: a sentence with every reason', async () => {
  expect(await askControllers(of(await controller(null), DEAD), '/incidents/x')).toBeNull();
  const silent = await controller({ fresh: true }, 5_000);
  await expect(askControllers(of(DEAD, silent), '/status', { limitMs: 150 })).rejects.toThrow(
    `${DEAD}: ECONNREFUSED; ${silent}: no answer in time`,
  );
});
