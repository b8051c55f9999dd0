import { expect, it } from 'vitest';
import { aCopy, anAgentReport, anEdgeReport, aPlacement } from '../../test/support/fixtures.ts';
import type { SiteVerdict } from '../decide/index.ts';
import type { Placement, Report } from '../model/index.ts';
import { createManualClock } from '../platform/manual-clock.ts';
import { startTurns } from './turns.ts';

const PROMOTING: Partial<Placement> = {
  promotion: { epoch: 7, from: 'a', position: null, open: false, acceptedLoss: null },
};
const NEWS: Report = anAgentReport('b', { copies: [aCopy()] });

/** Turns of which each takes `tookMs` and finds the site as `placement` says; answers the times at which they began. */
function turning(placement: Partial<Placement>, tookMs = 0) {
  const clock = createManualClock();
  const began: number[] = [];
  let now = 0;
  const turns = startTurns({ ...clock, mono: () => clock.mono() + now }, () => {
    began.push(clock.mono());
    now += tookMs;
    return [{ placement: aPlacement(placement), decision: null, refusals: [] } satisfies SiteVerdict];
  });
  return { clock, turns, began };
}

it('a site that waits for its next step is looked at when its agent has told something', async () => {
  const { clock, turns, began } = turning(PROMOTING);
  await clock.advance(62);
  turns.heard(NEWS);
  await clock.advance(1);
  expect(began).toEqual([50, 62]);
});

it('no sooner than 10 ms after the turn before, and only once for several reports', async () => {
  const { clock, turns, began } = turning(PROMOTING);
  await clock.advance(53);
  for (let count = 0; count < 5; count += 1) turns.heard(NEWS);
  await clock.advance(20);
  expect(began).toEqual([50, 60]);
});

it.each<[string, Partial<Placement>, Report]>([
  ['a site at peace', {}, NEWS],
  ['a report of other sites', PROMOTING, anAgentReport('b', { copies: [aCopy({ site: 'blog' })] })],
  ['an edge without news of its route', PROMOTING, anEdgeReport()],
])('%s waits for the ordinary turn', async (_, placement, report) => {
  const { clock, turns, began } = turning(placement);
  await clock.advance(62);
  turns.heard(report);
  await clock.advance(37);
  expect(began).toEqual([50]);
  await clock.advance(1);
  expect(began).toEqual([50, 100]);
});

it('turns that take long are not made more', async () => {
  const { clock, turns, began } = turning(PROMOTING, 20);
  await clock.advance(62);
  turns.heard(NEWS);
  await clock.advance(37);
  expect(began).toEqual([50]);
});

it('stopped is stopped', async () => {
  const { clock, turns, began } = turning(PROMOTING);
  await clock.advance(52);
  turns.heard(NEWS);
  turns.stop();
  await clock.advance(200);
  expect(began).toEqual([50]);
});
