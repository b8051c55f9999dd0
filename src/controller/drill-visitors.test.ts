import { expect, it } from 'vitest';
import { aDrill, aPlacement } from '../../test/support/fixtures.ts';
import { NO_DRILL_FIGURES } from '../model/index.ts';
import { createDrillVisitors } from './drill-visitors.ts';

const edge = (name: string, epoch: number | null, failed: number, heldLongestMs = 0) => ({
  ...{ edge: name, heardAgoMs: 40, epoch, inFlight: 0 },
  ...{ failed, heldLongestMs },
});
const at = (epoch: number, figures = NO_DRILL_FIGURES) => aPlacement({ epoch, drill: aDrill({ figures }) });

it('sums what every edge said last of every epoch since the drill began', () => {
  const visitors = createDrillVisitors();
  expect(visitors.of(at(8), [edge('one', 7, 90), edge('two', 8, 0)])).toEqual({ failedRequests: 0, heldLongestMs: 0 });
  visitors.of(at(8), [edge('one', 8, 1, 40), edge('two', 8, 2)]);
  visitors.of(at(9), [edge('one', 8, 3, 300), edge('two', 9, 0, 20)]);
  expect(visitors.of(at(9), [edge('one', 9, 1), edge('two', null, 0)])).toEqual({
    failedRequests: 6,
    heldLongestMs: 300,
  });
});

it('goes on from the record where another controller saw the beginning, and begins anew with the next drill', () => {
  const visitors = createDrillVisitors();
  const record = at(9, { ...NO_DRILL_FIGURES, failedRequests: 4, heldLongestMs: 500 });
  expect(visitors.of(record, [edge('one', 8, 4), edge('two', 9, 1, 20)])).toEqual({
    failedRequests: 5,
    heldLongestMs: 500,
  });
  const next = aPlacement({ epoch: 20, drill: aDrill({ id: 'shop-20' }) });
  expect(visitors.of(next, [edge('one', 20, 0)])).toEqual({ failedRequests: 0, heldLongestMs: 0 });
});
