import { describe, expect, it } from 'vitest';
import { pairedControl, type SitePair } from './paired.ts';

/** Seventy in a hundred requests fail at the live copy; forty of these did well at the standby. */
function aPair(change: Partial<SitePair> = {}): SitePair {
  const done = { ended: 40, failed: 1 };
  return { all: done, newest: done, proof: done, doubt: 0, usual: 0, share: 0.7, ...change };
}

describe('whether the standby does well with the very requests that fail at the live copy', () => {
  const says = (...sites: SitePair[]) => pairedControl(sites)?.says;

  it('nobody knows before any was repeated', () => {
    expect(pairedControl([aPair({ all: { ended: 0, failed: 0 } })])).toBeNull();
  });
  it.each([
    ['nearly all did well', {}, 'well'],
    ['too few did, without the newest', { proof: { ended: 5, failed: 0 } }, 'cannot-tell'],
    ['the newest failed there', { newest: { ended: 10, failed: 7 } }, 'cannot-tell'],
    ['the very newest failed there', { doubt: 2.3 }, 'cannot-tell'],
    ['three good ones came after it', { doubt: 0.4 }, 'well'],
    ['all fail there', { all: { ended: 40, failed: 30 } }, 'fails-too'],
  ] as const)('%s: %s', (_, change, expected) => {
    expect(says(aPair(change))).toBe(expected);
  });
  it('of several sites one or the other always has a failure among its newest', () => {
    expect(says(aPair({ doubt: 2.3 }), aPair())).toBe('well');
  });
});
