/** Telling the controllers, with real servers: who is asked after whom, and what is said when nobody takes it. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { tellControllers } from './tell-controllers.ts';

const servers: http.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const asked: string[] = [];
async function controller(status: number | null, body: object = {}): Promise<string> {
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization} ${request.headers['holdfast-by']}`);
    if (status !== null) response.writeHead(status).end(JSON.stringify(body));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const DEAD = '127.0.0.1:59998';
const tell = (controllers: string[]) =>
  tellControllers({ controllers, secret: 'KEY', by: 'Jörg' }, '/sites/shop/approve', {}, { limitMs: 300 });

test('the next is told when one is dead, silent, or has lost its store', async () => {
  const silent = await controller(null);
  const behind = await controller(503, { detail: 'the store did not answer' });
  const good = await controller(200, { sentence: 'done' });
  asked.length = 0;
  expect(await tell([DEAD, silent, behind, good])).toEqual({ sentence: 'done' });
  expect(asked).toEqual(Array(3).fill('POST /api/v1/sites/shop/approve Bearer KEY J%C3%B6rg'));
});

test('what is wrong with the request is wrong for all: nobody else is told', async () => {
  const refusing = await controller(409, { detail: 'Nothing is wrong.', fix: 'Look.', code: 'nothing-to-approve' });
  const good = await controller(200, { sentence: 'done' });
  await expect(tell([refusing, good])).rejects.toThrow('Nothing is wrong.\nLook. [nothing-to-approve]');
});

test('nobody takes it: every reason', async () => {
  const behind = await controller(503, { detail: 'the store did not answer' });
  await expect(tell([DEAD, behind])).rejects.toThrow(`${DEAD}: ECONNREFUSED; ${behind}: the store did not answer`);
});
