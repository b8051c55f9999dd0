import { describe, expect, it } from 'vitest';
import { aFinding } from '../../test/support/deciding.ts';
import { aPlacement } from '../../test/support/fixtures.ts';
import { createQuiet } from './quiet.ts';

const PLACEMENTS = new Map([
  ['shop', aPlacement()],
  ['blog', aPlacement({ site: 'blog', live: 'b', standby: 'a' })],
]);

describe('for how long a site has been quiet', () => {
  it('counts from when this controller began to look', () => {
    const quiet = createQuiet();
    quiet.follow(PLACEMENTS, [], 1_000);
    quiet.follow(PLACEMENTS, [], 4_000);
    expect(quiet.forMs('shop', 4_000)).toBe(3_000);
  });

  it.each([
    ['the site itself', aFinding('copy-erring'), { shop: 0, blog: 5_000 }],
    ['its live zone', aFinding('zone-erring'), { shop: 0, blog: 5_000 }],
    ['the zone of its standby only', aFinding('zone-erring', { zone: 'b' }), { shop: 5_000, blog: 0 }],
    ['an observer', aFinding('observer-sick'), { shop: 5_000, blog: 5_000 }],
    ['all zones', aFinding('trouble-everywhere', { zone: null }), { shop: 5_000, blog: 5_000 }],
  ])('begins anew with a finding about %s', (_, finding, expected) => {
    const quiet = createQuiet();
    quiet.follow(PLACEMENTS, [], 0);
    quiet.follow(PLACEMENTS, [finding], 5_000);
    expect({ shop: quiet.forMs('shop', 5_000), blog: quiet.forMs('blog', 5_000) }).toEqual(expected);
  });

  it('a blink of the trouble is no end of it', () => {
    const quiet = createQuiet();
    for (let now = 0; now <= 20_000; now += 50)
      quiet.follow(PLACEMENTS, now === 19_000 ? [] : [aFinding('copy-erring')], now);
    expect(quiet.forMs('shop', 20_000)).toBe(0);
    quiet.follow(PLACEMENTS, [], 29_999);
    expect(quiet.forMs('shop', 29_999)).toBe(9_999);
  });

  it('what another controller opened is no less a trouble, once', () => {
    const quiet = createQuiet();
    const opened = aPlacement({ decision: 'open-incident' });
    quiet.follow(PLACEMENTS, [], 0);
    quiet.heed(opened, 20_000);
    quiet.heed(opened, 25_000);
    expect(quiet.forMs('shop', 25_000)).toBe(5_000);
    quiet.heed({ ...opened, epoch: opened.epoch + 1, decision: 'close-incident' }, 30_000);
    expect(quiet.forMs('shop', 30_000)).toBe(10_000);
  });

  it('remembers when it was last not clear how visitors fare', () => {
    const quiet = createQuiet();
    quiet.unclear('shop', 5_000);
    quiet.follow(PLACEMENTS, [], 9_000);
    expect(quiet.clearForMs('shop', 9_000)).toBe(4_000);
    expect(quiet.clearForMs('blog', 9_000)).toBe(Number.POSITIVE_INFINITY);
  });
});
