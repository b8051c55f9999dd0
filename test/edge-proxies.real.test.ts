/** What terminates TLS in front of the edge is believed about the visitor; anybody else is not. */
import { expect, it } from 'vitest';
import { startBench } from './support/edge-bench.ts';

const SAID = { 'x-forwarded-for': '198.51.100.7', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example' };

async function toldToTheCopy(proxies: string[]): Promise<Record<string, string>> {
  const bench = await startBench({ change: (config) => Object.assign(config, { proxies }) });
  try {
    await bench.route(1, 'a');
    return (JSON.parse((await bench.get('/', { headers: SAID })).body) as { headers: Record<string, string> }).headers;
  } finally {
    await bench.close();
  }
}

it('a proxy that is named', async () => {
  const headers = await toldToTheCopy(['127.0.0.0/8', '2001:db8::/32']);
  expect(headers).toMatchObject({ 'x-forwarded-for': '198.51.100.7', 'x-forwarded-proto': 'https' });
  expect(headers['x-forwarded-host']).toBe('shop.example');
});

it('anybody else', async () => {
  for (const proxies of [[], ['192.0.2.1']])
    expect(await toldToTheCopy(proxies)).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    });
});
