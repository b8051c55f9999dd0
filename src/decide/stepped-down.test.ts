/** The copy that was live until a planned move: a spare at once, and the next standby of a site with two copies. */
import { describe, expect, it } from 'vitest';
import { decideShop } from '../../test/support/deciding.ts';
import { aDatabase, aView, liveDatabase, standbyDatabase } from '../../test/support/fixtures.ts';
import type { Placement } from '../model/index.ts';

const single: Partial<Placement> = {
  live: 'c',
  standby: null,
  inSync: false,
  spares: ['b'],
  promotion: { epoch: 5, from: 'b', position: '0-1-9', open: true, acceptedLoss: null },
};
const live = aView({ database: liveDatabase({ waitsFor: null }) });

function standbyOf(copies: Record<string, ReturnType<typeof aView>>, placement: Partial<Placement> = {}) {
  const { decision } = decideShop({ site: { copies: { c: live, ...copies }, placement: { ...single, ...placement } } });
  return [decision?.code, decision?.next.standby, decision?.sentence.split('zone ')[1]];
}

describe('a site with two copies that was moved by plan from b to c', () => {
  it('gets b as its standby, though b does not follow yet and a comes first among its zones', () => {
    const steppedDown = aView({ database: aDatabase({ state: 'running', follows: null }) });
    expect(standbyOf({ b: steppedDown })).toEqual(['choose-standby', 'b', 'b, which was live until now.']);
  });

  it('gets a copy built in a when the server in b is down', () => {
    const down = aView({ database: aDatabase({ state: 'down' }) });
    expect(standbyOf({ b: down })).toEqual(['choose-standby', 'a', 'a, where a copy is being built.']);
  });

  it('gets whoever follows first', () => {
    const follower = aView({ database: standbyDatabase({ follows: 'c', acknowledges: false }) });
    const steppedDown = aView({ database: aDatabase({ state: 'running', follows: null }) });
    expect(standbyOf({ a: follower, b: steppedDown }, { spares: ['b', 'a'] })[1]).toBe('a');
  });
});
