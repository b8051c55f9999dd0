import { expect, test } from 'vitest';
import { manySites } from '../../../test/support/console/world.ts';
import { parsePlace, toHash } from '../browser/route.ts';
import { inSight } from '../parts/sight.ts';
import { join } from './live.ts';
import type { SitesAnswer } from './shapes.ts';
import { amendPages, PAGE, readPages } from './site-pages.ts';
import { createParser, type Message } from './sse.ts';

test('events are the same however the stream is cut', () => {
  const text =
    'retry: 1000\nevent: hello\nid: a-1\ndata: {"x":1}\n\n: still here\n\nevent: site\r\nid: a-2\r\ndata: one\r\ndata: two\r\n\r\n';
  const whole = [
    { event: 'hello', id: 'a-1', data: '{"x":1}' },
    { event: 'site', id: 'a-2', data: 'one\ntwo' },
  ];
  for (let size = 1; size <= text.length; size += 1) {
    const told: Message[] = [];
    const parse = createParser((message) => told.push(message));
    for (let at = 0; at < text.length; at += size) parse(text.slice(at, at + size));
    expect(told).toEqual(whole);
  }
});

test('new entries are added once, and a gap is noticed', () => {
  expect(join([1, 2], [3, 4], 4)).toEqual([1, 2, 3, 4]);
  expect(join([1, 2, 3], [3, 4], 4)).toEqual([1, 2, 3, 4]);
  expect(join([1, 2], [2], 2)).toEqual([1, 2]);
  expect(join([1], [4], 4)).toBeNull();
});

const SITES = manySites(1_000);
const NONE = { pages: [], next: null, counts: null };

async function read(cursor: string | null): Promise<SitesAnswer> {
  const from = cursor === null ? 0 : SITES.findIndex(({ site }) => site > cursor);
  const sites = SITES.slice(from, from + PAGE);
  const next = from + PAGE < SITES.length ? sites.at(-1)!.site : null;
  return { sites, next, counts: { all: 1_000, protected: 1_000, exposed: 0, 'in-trouble': 0, moving: 0 } };
}

test('pages are read one after the other, as far as the list is looked at', async () => {
  const lengths: number[] = [];
  let known: Parameters<typeof readPages>[0] = NONE;
  const take = (next: typeof known) => {
    known = next;
    lengths.push(next.pages.length);
  };
  await readPages(known, () => 3, read, take);
  expect(lengths).toEqual([1, 2, 3]);
  await readPages(known, () => 100, read, take);
  expect(known.pages.flat()).toEqual(SITES);
  expect(lengths).toEqual([1, 2, 3, 4, 5]);
});

test('one changed site is changed in its place, and no other row is touched', async () => {
  let known: Parameters<typeof readPages>[0] = NONE;
  await readPages(
    known,
    () => 5,
    read,
    (next) => {
      known = next;
    },
  );
  const changed = { ...SITES[450]!, epoch: 99 };
  const after = amendPages(known, changed);
  expect(after.pages.flat()[450]).toBe(changed);
  expect(after.pages[0]).toBe(known.pages[0]);
  expect(amendPages(known, { ...changed, site: 'zzz' })).toBe(known);
});

test('of ten thousand rows some dozens are drawn, wherever one looks', () => {
  for (const scrolled of [-300, 0, 5_000, 280_000, 559_000]) {
    const { first, last } = inSight(scrolled, 900, 56, 10_000);
    expect(last - first).toBeLessThan(50);
    expect(first * 56).toBeLessThanOrEqual(Math.max(0, scrolled));
    expect(last * 56).toBeGreaterThanOrEqual(Math.min(scrolled + 900, 560_000));
  }
  expect(inSight(0, 900, 56, 3)).toEqual({ first: 0, last: 3 });
});

test('places and addresses are each other’s opposites', () => {
  const hash = toHash(['incidents', '1~zone-dark:a~x/y'], { search: 'ü &', state: '' });
  const { parts, query } = parsePlace(hash);
  expect(parts).toEqual(['incidents', '1~zone-dark:a~x/y']);
  expect([...query]).toEqual([['search', 'ü &']]);
  expect(parsePlace('#/sites/%zz').parts).toEqual(['sites', '%zz']);
  expect(parsePlace('').parts).toEqual([]);
});
