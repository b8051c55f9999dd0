/** A site of which nothing is known yet: what seems to be wrong with it is no finding, and no calm either. */
import { expect, it } from 'vitest';
import { createStage, sitesIn } from '../../../test/support/stage.ts';
import { isPuzzling } from './usual.ts';

const FAILING = { errors: () => 1 };
const NOBODY_COMES = { load: () => 0 };

function newSite() {
  const stage = createStage({ seed: 1, sites: sitesIn(['a'], 1, 20) });
  return { stage, puzzling: () => isPuzzling(stage.memory, 's0', stage.now) };
}

it('is puzzling for as long as its visitors fare badly', () => {
  const { stage, puzzling } = newSite();
  stage.live(3_000);
  expect(puzzling()).toBe(false);
  for (let second = 1; second <= 30; second++) {
    expect(stage.live(1_000, FAILING)).toEqual([]);
    expect(puzzling(), `after ${second} s`).toBe(true);
  }
});

it.each([
  ['fare well again', {}],
  ['do not come any more', NOBODY_COMES],
])('is not puzzling any more soon after its visitors %s', (_, then) => {
  const { stage, puzzling } = newSite();
  stage.live(1_000);
  stage.live(1_000, FAILING);
  stage.live(5_000, then);
  expect(puzzling()).toBe(false);
});
