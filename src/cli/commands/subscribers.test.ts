/** Who subscribed, at the command line: what stands there, and whom `remove` means. */
import { expect, it } from 'vitest';
import { plain } from '../screens/paint.ts';
import { type ListedSubscriber, meantBy, subscriberList } from './subscribers.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const base: ListedSubscriber = {
  id: 'a~1',
  channel: 'email',
  to: 'anna@example.org',
  site: null,
  link: null,
  askedAt: NOW - 90_000,
  confirmedAt: NOW - 60_000,
};
const HOOK = 'https://hooks.example.org/Anna';
const ALL: ListedSubscriber[] = [
  base,
  { ...base, id: 'a~2', to: 'Anna@Example.org', site: 'shop', confirmedAt: null },
  { ...base, id: 'b~1', channel: 'webhook', to: HOOK, site: 'secret', link: 3 },
];

it('one line each: where to, of what, and whether it was confirmed', () => {
  const lines = subscriberList(ALL, NOW, plain).split('\n');
  expect(lines.map((line) => line.replaceAll(/\s+/g, ' ').trim())).toEqual([
    expect.stringMatching(/^a~1 email anna@example\.org everything since 2026-/),
    'a~2 email Anna@Example.org shop not confirmed, asked 1 min ago',
    expect.stringMatching(/^b~1 webhook https:\/\/hooks\.example\.org\/Anna secret \(private, link 3\) since 2026-/),
    '',
  ]);
  expect(subscriberList([], NOW, plain)).toBe('No subscribers.\n');
});

it.each([
  ['a~2', ['a~2']],
  ['ANNA@example.org', ['a~1', 'a~2']],
  [HOOK, ['b~1']],
  [HOOK.toLowerCase(), []],
  ['anna', []],
])('%s means %j', (which, ids) => {
  expect(meantBy(which, ALL).map(({ id }) => id)).toEqual(ids);
});
