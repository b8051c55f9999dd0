/** Where webhooks of people nobody knows may lead, and where not. */
import { expect, test } from 'vitest';
import { isInside, mayBeAsked, postToStranger, subscriberSecret } from './strangers.ts';

test.each([
  '127.0.0.1',
  '10.1.2.3',
  '172.31.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '255.255.255.255',
  '::1',
  '::',
  'fe80::1',
  'fd00::1',
  '::ffff:10.0.0.1',
  'not an address',
])('%s is inside', (address) => expect(isInside(address)).toBe(true));

test.each(['1.1.1.1', '172.32.0.1', '2606:4700::1111', '::ffff:1.1.1.1'])('%s is not', (address) =>
  expect(isInside(address)).toBe(false),
);

test.each([
  ['https://hooks.example.org/x', true, true],
  ['http://hooks.example.org/x', false, true],
  ['https://localhost/x', false, true],
  ['https://127.0.0.1/x', false, true],
  ['https://[::1]/x', false, true],
  ['https://0x7f000001/x', false, true],
  ['https://2130706433/x', false, true],
  ['https://user:pass@hooks.example.org/', false, false],
  ['file:///etc/passwd', false, false],
  ['not an address', false, false],
])('%s: %s, inside a network of one’s own %s', (url, outside, inside) => {
  expect([mayBeAsked(url, false), mayBeAsked(url, true)]).toEqual([outside, inside]);
});

test('a name that resolves inside is not connected to', async () => {
  const signal = AbortSignal.timeout(5_000);
  // Every resolver knows this one, and it passes for a public name until it is resolved.
  await expect(postToStranger('https://x.localhost/', '{}', {}, { signal, inside: false })).rejects.toThrow(
    /could not be reached: (?:it resolves to no public address|E[A-Z_]+)/,
  );
  expect(() => postToStranger('http://127.0.0.1/', '{}', {}, { signal, inside: false })).toThrow(/leads nowhere/);
});

test('each subscriber has a secret of its own', () => {
  const secrets = ['a', 'b'].map((id) => subscriberSecret('a key', id));
  expect(new Set([...secrets, subscriberSecret('another', 'a')]).size).toBe(3);
  expect(secrets[0]).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
});
