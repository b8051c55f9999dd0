import { expect, test } from 'vitest';
import { bytes, counted, duration, howLong, offset, percent } from './numbers.ts';

/** As it is read; between a number and its unit no line is broken. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

test.each([
  [0, '0 ms'],
  [340.4, '340 ms'],
  [999, '999 ms'],
  [1_000, '1.0 s'],
  [9_949, '9.9 s'],
  [9_960, '9 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [7_500_000, '2 h 5 min'],
  [36_000_000, '10 h'],
  [90_000_000, '1 d 1 h'],
  [-5, '0 ms'],
])('%s ms is %s', (ms, words) => expect(plain(duration(ms))).toBe(words));

test('what goes on is counted in whole seconds', () => {
  expect(plain(howLong(1_000, 1_400))).toBe('0 s');
  expect(plain(howLong(1_000, 9_999))).toBe('8 s');
  expect(plain(howLong(5_000, 1_000))).toBe('0 s');
});

test('availability is never rounded up', () => {
  expect(plain(percent(0.999951))).toBe('99.995 %');
  expect(plain(percent(0.9999999))).toBe('99.999 %');
  expect(plain(percent(1))).toBe('100 %');
  expect(plain(percent(0.29, 0))).toBe('29 %');
});

test('counts, sizes and offsets', () => {
  expect(counted(1, 'site')).toBe('1 site');
  expect(counted(10_000, 'site')).toBe('10,000 sites');
  expect([bytes(0), bytes(1_240_000_000), bytes(123_456)].map(plain)).toEqual(['0 B', '1.2 GB', '123 kB']);
  expect([offset(0), offset(846), offset(-20)].map(plain)).toEqual(['+0 ms', '+846 ms', '−20 ms']);
});
