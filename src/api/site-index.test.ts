/** Finding sites: pages, search, states; and that ten thousand cost next to nothing. */
import { expect, test } from 'vitest';
import { firstPlacement, type Placement, type SiteRecord } from '../model/index.ts';
import { aSpec } from '../store/fixtures.ts';
import { createSiteIndex } from './site-index.ts';

function known(names: string[]) {
  const sites = new Map<string, SiteRecord>(names.map((site, slot) => [site, { spec: aSpec(site), slot }]));
  const placements = new Map<string, Placement>(names.map((site) => [site, firstPlacement(site, 'a', 1)]));
  return { sites, placements, index: createSiteIndex({ sites, placements }) };
}
const all = { limit: 200, sees: () => true };

test('pages follow one another without a gap or a repetition', () => {
  const { index } = known(['c', 'a', 'e', 'b', 'd']);
  const first = index.find({ ...all, limit: 2 });
  expect(first).toMatchObject({ names: ['a', 'b'], more: true, counts: { all: 5, exposed: 5, protected: 0 } });
  expect(index.find({ ...all, limit: 2, after: 'b' })).toMatchObject({ names: ['c', 'd'], more: true });
  expect(index.find({ ...all, limit: 2, after: 'd' })).toMatchObject({ names: ['e'], more: false, counts: { all: 5 } });
});

test('names and hosts are searched in any case, and changes are taken in', () => {
  const { index, sites, placements } = known(['shop', 'blog']);
  expect(index.find({ ...all, search: ' SHOP.te' }).names).toEqual(['shop']);
  sites.set('blog', { spec: aSpec('blog', { hosts: ['www.Example.org'] }), slot: 2 });
  index.changed(['blog']);
  expect(index.find({ ...all, search: 'www.example' }).names).toEqual(['blog']);
  sites.set('new', { spec: aSpec('new'), slot: 3 });
  placements.set('new', firstPlacement('new', 'a', 1));
  index.changed(['new']);
  placements.delete('shop');
  index.changed(['new']);
  expect(index.find(all).names).toEqual(['blog', 'new']);
});

test('states are counted over all that is found, whichever is asked for', () => {
  const { index, placements } = known(['shop', 'blog', 'news']);
  placements.set('shop', { ...placements.get('shop')!, incident: 'i-1' });
  const found = index.find({ ...all, state: 'in-trouble' });
  expect(found).toMatchObject({ names: ['shop'], counts: { all: 3, exposed: 3, 'in-trouble': 1, moving: 0 } });
  expect(index.find({ ...all, state: 'protected' }).names).toEqual([]);
  expect(index.find({ ...all, sees: (site) => site !== 'shop' }).counts).toMatchObject({ all: 2, 'in-trouble': 0 });
});
