/** What is left of an address that is not to be read. */
import { expect, test } from 'vitest';
import { maskedAddress, maskedWords } from './masked.ts';

test.each([
  ['email', 'anna@example.org', 'a…@example.org'],
  ['email', '𝒶@example.org', '𝒶…@example.org'],
  ['webhook', 'https://hooks.example.org:8443/T00/B00/secret?token=1', 'https://hooks.example.org:8443/…'],
  ['webhook', 'no address', '/…'],
])('%s %s is %s', (channel, to, masked) => {
  expect(maskedAddress(channel, to)).toBe(masked);
});

test('what another side said is kept but for the address, however it wrote it', () => {
  const said = '550 <Anna+news@Example.ORG>: no such user anna+news@example.org';
  expect(maskedWords(said, 'email', 'anna+news@example.org')).toBe('550 <a…@example.org>: no such user a…@example.org');
  expect(maskedWords('annaxnews@example.org', 'email', 'anna+news@example.org')).toBe('annaxnews@example.org');
});
