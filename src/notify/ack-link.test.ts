/** Links by which an incident is taken: only as signed, only for a while. */
import { expect, it } from 'vitest';
import { readAck, signAck } from './ack-link.ts';

const KEY = 'the key of the cluster';
const CLAIM = { incident: '20261123T000000.000Z~copy-down:a:shop', person: 'Anna Müller', until: 1_000 };

it('says what was signed, until it expires', () => {
  const token = signAck(KEY, CLAIM);
  expect(token).toMatch(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/);
  expect(readAck(KEY, token, 1_000)).toEqual(CLAIM);
  expect(readAck(KEY, token, 1_001)).toBe('late');
});

it.each([
  ['another key', signAck('another', CLAIM)],
  ['another person', signAck(KEY, CLAIM).replace(/^[^.]+/, Buffer.from('["x","Bert",9]').toString('base64url'))],
  ['no signature', signAck(KEY, CLAIM).replace(/\..*/, '')],
  ['an empty one', signAck(KEY, CLAIM).replace(/\..*/, '.')],
  ['something behind it', `${signAck(KEY, CLAIM)}.x`],
  ['nothing', ''],
  ['far too long', `${'x'.repeat(5_000)}.y`],
])('%s is not valid', (_, token) => {
  expect(readAck(KEY, token, 0)).toBe('bad');
});
