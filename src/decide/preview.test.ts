/** What is told beforehand: the same verdict as when it is asked for, and the risks that are there. */
import { describe, expect, it } from 'vitest';
import { anOrder, aSite, aView, aWorld, liveDatabase, standbyDatabase } from '../../test/support/fixtures.ts';
import {
  createPractices,
  indexFindings,
  planDrill,
  planOrder,
  previewDrill,
  previewLeaving,
  previewMove,
} from './index.ts';
import type { SiteView } from './world.ts';

const WISH = { kind: 'move', to: 'b', by: 'Ada', why: '', drainMs: null, at: null } as const;
const asked = (site: SiteView, world = aWorld(site)) => ({ site, world, findings: indexFindings([]), now: 1_000_000 });
const EDGES = [{ heardAgoMs: 40, epoch: 7, inFlight: 3 }];

describe('a move', () => {
  it('to the standby: what happens, with nothing to fear', () => {
    const preview = previewMove(asked(aSite()), WISH);
    expect(preview).toMatchObject({ would: true, refusal: null, risks: [] });
    expect(preview.sentence).toBe('Ada wants shop to move from zone a to zone b.');
    expect(preview.steps).toHaveLength(2);
  });

  it('is refused beforehand as it would be when asked for', () => {
    const site = aSite({ placement: { order: anOrder({ to: 'c' }) } });
    const plan = planOrder(asked(site), WISH);
    const { would, refusal, sentence } = previewMove(asked(site), WISH);
    expect(plan).toMatchObject({ kind: 'refusal', refusal: { code: refusal, sentence } });
    expect([would, refusal]).toEqual([false, 'order-underway']);
  });

  it('tells of long transactions, requests under way, and what is cold afterwards', () => {
    const database = liveDatabase({ transactions: { open: 1, oldestMs: 30_000 } });
    const copies = { a: aView({ settled: 'live', database }), b: aView({ database: standbyDatabase() }) };
    const search = { url: 'http://127.0.0.1', rebuild: ['rebuild'], timeoutMs: 1_000 };
    const { risks } = previewMove(asked(aSite({ copies, edges: EDGES, spec: { cache: 'redis', search } })), WISH);
    expect(risks).toEqual([
      expect.stringMatching(/open for 30 s; one that is still open 10 s after/),
      expect.stringMatching(/^3 requests are under way now/),
      expect.stringMatching(/object cache/),
      expect.stringMatching(/search index/),
    ]);
  });

  it('to where no copy is says that one is built first', () => {
    const { steps } = previewMove(asked(aSite({ placement: { spares: [] } })), { ...WISH, to: 'c' });
    expect(steps[0]).toMatch(/^A copy is built in zone c/);
  });

  it('that gives writes up tells the loss', () => {
    const site = aSite({ placement: { inSync: false } });
    const { risks, would } = previewMove(asked(site), { ...WISH, kind: 'accept-loss' });
    expect(would).toBe(true);
    expect(risks).toContainEqual(expect.stringMatching(/would be given up/));
  });
});

it('a drill says what its fault does, and refuses as it would', () => {
  const world = (site: SiteView) => ({ ...asked(site), practices: createPractices(new Map()) });
  const calm = aSite({ edges: EDGES });
  const wish = { fault: 'kill-database', by: 'Ada' } as const;
  const preview = previewDrill(world(calm), wish);
  expect(preview).toMatchObject({ would: true, risks: expect.arrayContaining([expect.stringMatching(/exposed/)]) });
  expect(preview.steps[0]).toMatch(/real fault .* \(kill-database\)/);
  const exposed = aSite({ edges: EDGES, placement: { inSync: false } });
  const plan = planDrill(world(exposed), wish);
  const told = previewDrill(world(exposed), wish);
  expect(plan).toMatchObject({ kind: 'refusal', refusal: { code: told.refusal, sentence: told.sentence } });
});

it('leaving a zone that is to be empty: where to, or why not', () => {
  const site = aSite();
  const evacuated = { at: 1, by: 'Ada', why: '' };
  const out = aWorld(site, [], { a: { evacuated } });
  expect(previewLeaving(asked(site, out))).toMatchObject({ to: 'b', refusal: null });
  const nowhere = aWorld(site, ['b', 'c'], { a: { evacuated } });
  expect(previewLeaving(asked(site, nowhere))).toMatchObject({ to: null, refusal: 'zone-evacuated' });
});
