/** From an incident's chain to what visitors read of it, and to how each site does. */
import { describe, expect, it, test } from 'vitest';
import { firstPlacement, type IncidentEntry, type Placement } from '../model/index.ts';
import { updateEntry } from '../record/updates.ts';
import { anEntry } from '../store/fixtures.ts';
import { conditionOf } from './condition.ts';
import { NOON, someMarks } from './fixtures.ts';
import { type Sight, toPublic } from './incidents.ts';

const SIGHT: Sight = { titleOf: (site) => (site === 'secret' ? null : `The ${site}`), zones: false, alone: false };
const entry = (site: string, code: string, seconds: number, more: Partial<IncidentEntry> = {}) =>
  anEntry({ site, code, at: NOON + seconds * 1_000, ...more });
const update = (text: string, shown: boolean, seconds: number) =>
  updateEntry({ at: NOON + seconds * 1_000, by: 'Ada', state: 'identified', text, public: shown });
const closing = (site: string, seconds: number) => entry(site, 'close-incident', seconds, { kind: 'result' });
const MOVED = [
  entry('shop', 'failover', 1),
  entry('blog', 'failover', 1),
  entry('secret', 'failover', 1),
  entry('quiet', 'give-up-standby', 1),
];

describe('an incident', () => {
  it('names the sites that were concerned and may be named, and says what became of them', () => {
    const marks = someMarks('zone-dark:a', MOVED);
    const open = toPublic(marks, SIGHT)!;
    expect(open).toMatchObject({ title: 'Zone a does not answer', closedAt: null, state: null, more: 0 });
    expect(open.sites).toEqual(['The blog', 'The shop']);
    expect(open.posts).toEqual([{ key: 'noticed', at: NOON, state: 'noticed', text: '2 sites move to another zone.' }]);
    marks.take(10, [entry('shop', 'record-open', 2)]);
    expect(toPublic(marks, SIGHT)!.posts).toHaveLength(1);
    marks.take(11, [entry('blog', 'record-open', 3), update('A switch.', true, 5), update('Internal.', false, 6)]);
    expect(toPublic(marks, SIGHT)!.posts.slice(1)).toEqual([
      { key: `serving-${NOON + 3_000}`, at: NOON + 3_000, state: 'serving', text: '2 sites are served again.' },
      { key: `update-${NOON + 5_000}`, at: NOON + 5_000, state: 'identified', text: 'A switch.' },
    ]);
    for (const site of ['shop', 'blog', 'secret', 'quiet']) marks.take(12, [closing(site, 60)]);
    expect(toPublic(marks, SIGHT)).toMatchObject({ closedAt: NOON + 60_000, state: 'resolved' });
    expect(JSON.stringify(toPublic(marks, SIGHT))).not.toMatch(/secret|Internal/);
  });

  it('that nobody could notice stands nowhere, until somebody writes of it, or where zones are shown', () => {
    const marks = someMarks('zone-dark:a', [entry('quiet', 'give-up-standby', 1)]);
    expect(toPublic(marks, SIGHT)).toBeNull();
    expect(toPublic(marks, { ...SIGHT, zones: true })!.posts[0]!.text).toBe('No site is disrupted by it.');
    marks.take(5, [update('We replace a disk.', true, 5)]);
    expect(toPublic(marks, SIGHT)!.posts).toHaveLength(2);
  });

  it('of a site that may not be named stands on its own page only', () => {
    const marks = someMarks('copy-down:a:secret', [entry('secret', 'open-incident', 0), update('Ours.', true, 1)]);
    expect(toPublic(marks, SIGHT)).toBeNull();
    const own = toPublic(marks, { titleOf: () => 'Secret', zones: false, alone: true })!;
    expect(own).toMatchObject({
      title: 'The site had trouble',
      sites: [],
      posts: [{ text: 'The site is disrupted.' }, {}],
    });
  });

  test.each([
    ['copy-down:a:shop', 'The shop had trouble'],
    ['copy-erring:a:shop', 'The shop answered with errors'],
    ['copy-slow:a:shop', 'The shop was slow'],
    ['copy-slow:a:secret', 'The site was slow'],
    ['zone-erring:b', 'Zone b answers with errors'],
    ['zone-slow:b', 'Zone b is slow'],
    ['trouble-everywhere', 'The site had trouble'],
  ])('%s: %s', (subject, title) => {
    expect(toPublic(someMarks(subject, [entry('shop', 'failover', 0)]), SIGHT)!.title).toBe(title);
  });

  it('of many: some moved, some in trouble', () => {
    const marks = someMarks('zone-dark:a', [
      entry('shop', 'failover', 0),
      entry('blog', 'would-not-help', 0, { kind: 'refusal' }),
    ]);
    expect(toPublic(marks, SIGHT)!.posts[0]!.text).toBe('2 sites are concerned; 1 of them moves to another zone.');
    marks.forgetSites();
    expect(marks.sites.size).toBe(0);
  });
});

describe('how a site does', () => {
  const base: Placement = {
    ...firstPlacement('shop', 'a', 0),
    initialised: true,
    standby: 'b',
    inSync: true,
    promotion: { epoch: 1, from: null, position: '0-1-1', open: true, acceptedLoss: null },
  };
  const incident = someMarks('zone-dark:a', [entry('shop', 'failover', 1)]);
  const trouble = someMarks('copy-down:a:shop', [entry('shop', 'would-not-help', 1, { kind: 'refusal' })]);
  const over = someMarks('copy-down:a:shop', [entry('shop', 'open-incident', 1), closing('shop', 9)]);
  const moving = { ...base.promotion, position: null, open: false };
  const inOne = { ...base, incident: 'x' };
  test.each([
    ['new', undefined, undefined, false],
    ['new', { ...base, initialised: false }, undefined, false],
    ['up', base, undefined, false],
    ['maintenance', base, undefined, true],
    ['up', { ...base, promotion: moving }, undefined, false],
    ['moving', { ...inOne, promotion: moving }, incident, false],
    ['moving', { ...inOne, promotion: moving }, undefined, true],
    ['restoring', { ...inOne, standby: null, inSync: false }, incident, false],
    ['down', inOne, trouble, false],
    ['down', inOne, trouble, true],
    ['restoring', inOne, over, false],
    ['up', base, trouble, false],
  ] as const)('%s', (expected, placement, marks, underMaintenance) => {
    expect(conditionOf({ placement, incident: marks, underMaintenance })).toBe(expected);
  });
});
