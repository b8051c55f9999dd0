import { expect, test } from 'vitest';
import { aCopy, aDatabase, aPlacement } from '../../test/support/fixtures.ts';
import type { CopyReport, Order, Placement } from '../model/index.ts';
import { createManualClock } from '../platform/manual-clock.ts';
import { createNewsWatch, isAwaited } from './news.ts';

const ORDER: Order = { kind: 'move', to: 'b', by: 'x', why: '', at: 0, drainMs: 10_000, holding: false, attempts: 0 };
const UNDERWAY: Placement = aPlacement({ standby: 'b', inSync: true, order: ORDER });

function watch(placement: Placement, first: CopyReport) {
  const clock = createManualClock();
  const placements = new Map([[placement.site, placement]]);
  let copy = first;
  let told = 0;
  const tell = () => {
    told += 1;
  };
  const news = createNewsWatch({ clock, placements, report: () => copy, tell });
  news.changed([placement.site]);
  return {
    async become(next: CopyReport) {
      copy = next;
      told = 0;
      await clock.advance(10);
      return told;
    },
  };
}

const with_ = (database: Partial<CopyReport['database']>) => aCopy({ database: aDatabase(database) });

test.each<[string, Partial<Placement>, boolean]>([
  ['protected, nobody asked for anything', {}, false],
  ['exposed, and nothing to be done', { standby: null, inSync: false }, false],
  ['a move was asked for', { order: ORDER }, true],
  ['its visitors are held', { order: { ...ORDER, holding: true } }, true],
  ['the standby is being made to acknowledge', { inSync: false }, true],
  [
    'just promoted',
    { inSync: false, promotion: { epoch: 2, from: 'b', position: null, open: false, acceptedLoss: null } },
    true,
  ],
])('%s', (_, change, awaited) => {
  expect(isAwaited(aPlacement({ standby: 'b', inSync: true, ...change }))).toBe(awaited);
});

test('what a decision waits for is told once, within 10 ms; positions and ages are not news', async () => {
  const { become } = watch(UNDERWAY, with_({}));
  await become(with_({}));
  expect(await become(with_({ binlogPosition: '0-1-99', stateForMs: 7, transactions: null }))).toBe(0);
  expect(await become(with_({ transactions: { open: 2, oldestMs: 5 } }))).toBe(1);
  expect(await become(with_({ transactions: { open: 3, oldestMs: 50 } }))).toBe(0);
  expect(await become(with_({ transactions: { open: 0, oldestMs: 0 } }))).toBe(1);
  expect(await become(with_({ transactions: { open: 0, oldestMs: 0 }, writable: true }))).toBe(1);
  expect(await become(aCopy({ database: aDatabase({}), promoted: { epoch: 3, position: '0-1-5' } }))).toBe(1);
});

test('a site at rest is not looked at', async () => {
  const { become } = watch(aPlacement({ standby: 'b', inSync: true }), with_({}));
  expect(await become(with_({ writable: true }))).toBe(0);
});
