/** What plans mean for a site's copies: every plan × what the site asks for × phase, and each step on the way to and from one zone. */
import { describe, expect, it } from 'vitest';
import { aFinding, type Case, decideShop, outcomeOf } from '../../test/support/deciding.ts';
import {
  aDatabase,
  aDrill,
  anOrder,
  aSpec,
  aView,
  liveDatabase,
  type SiteChange,
  standbyDatabase,
} from '../../test/support/fixtures.ts';
import { type Phase, type Placement, type Plan, phaseOf, roleOf, runsAlone, whyUnprotected } from '../model/index.ts';

const PLANS: Plan[] = [
  { name: 'plus', title: 'Elite Plus', disasterRecovery: 'included' },
  { name: 'elite', title: 'Elite', disasterRecovery: 'add-on' },
  { name: 'starter', title: 'Elite Starter', disasterRecovery: 'unavailable' },
];
/** Why it gets no standby, by plan and by what the site asks for; nothing: it gets one. `none`: nobody described the service. */
const RIGHTS: Record<string, Record<'null' | 'true' | 'false', RegExp | null>> = {
  none: { null: null, true: null, false: /declines/ },
  plus: { null: null, true: null, false: /declines/ },
  elite: { null: /Elite has .* add-on/, true: null, false: /declines/ },
  starter: { null: /Elite Starter has no/, true: /Elite Starter has no/, false: /declines/ },
  'not-sold-any-more': { null: null, true: null, false: /declines/ },
};
const ASKED = { null: null, true: true, false: false };

const moved = { epoch: 7, from: 'b', acceptedLoss: null };
const exposed = { standby: null, inSync: false } as const;
const PHASES: Record<Phase, Partial<Placement>> = {
  new: { ...exposed, initialised: false, promotion: { ...moved, from: null, position: null, open: false } },
  promoting: { inSync: false, promotion: { ...moved, position: null, open: false } },
  opening: { inSync: false, promotion: { ...moved, position: '0-1-9', open: false } },
  single: exposed,
  growing: { inSync: false },
  protected: {},
  'handing-over': { order: anOrder({ holding: true }) },
};
/** What is decided in calm, with the right and without it. */
const DECIDED: Record<Phase, { with: string; without: string }> = {
  new: { with: 'record-initialised', without: 'record-initialised' },
  promoting: { with: 'record-promotion', without: 'record-promotion' },
  opening: { with: 'record-open', without: 'record-open' },
  single: { with: 'choose-standby', without: 'unprotect' },
  growing: { with: 'record-in-sync', without: 'unprotect' },
  protected: { with: '–', without: 'unprotect' },
  'handing-over': { with: 'switchover', without: 'switchover' },
};
const COPIES = {
  a: aView({
    settled: 'live',
    database: liveDatabase({ transactions: { open: 0, oldestMs: 0 } }),
    promoted: { epoch: 7, position: '0-1-9' },
  }),
  b: aView({ settled: 'standby', database: standbyDatabase() }),
};
const EDGES = [{ heardAgoMs: 60, epoch: 7, inFlight: 0 }];

const combinations = Object.entries(RIGHTS).flatMap(([plan, asked]) =>
  Object.entries(asked).flatMap(([asks, why]) =>
    (Object.keys(PHASES) as Phase[]).map((phase) => ({ plan, asks: asks as keyof typeof ASKED, why, phase })),
  ),
);

describe('every plan, every wish, every phase', () => {
  it.each(combinations)('$plan, disasterRecovery $asks, $phase', ({ plan, asks, why, phase }) => {
    const spec = { plan, disasterRecovery: ASKED[asks] };
    const unprotected = whyUnprotected(aSpec(spec), plan === 'none' ? null : PLANS);
    if (why === null) expect(unprotected).toBeNull();
    else expect(unprotected).toMatch(why);
    const placement = { ...PHASES[phase], moves: [] };
    const site: SiteChange = { placement, spec, unprotected, copies: COPIES, edges: EDGES };
    const verdict = decideShop({ site });
    expect(phaseOf(verdict.placement)).toBe(phase);
    const expected = DECIDED[phase][why === null ? 'with' : 'without'];
    expect(verdict.decision?.code ?? '–').toBe(expected);
    if (expected === 'unprotect') expect(verdict.decision!.sentence).toContain(`: ${unprotected}.`);
  });
});

const ALONE = 'its plan Elite Starter has no site disaster recovery';
const alone = (placement: Partial<Placement> = {}, more: SiteChange = {}): SiteChange => ({
  unprotected: ALONE,
  placement: { standby: null, inSync: false, exposedBy: 'not-protected-by-plan', ...placement },
  copies: { a: aView({ settled: 'live', database: liveDatabase({ waitsFor: null, gatePosition: null }) }) },
  ...more,
});
const leaving: SiteChange = { unprotected: ALONE, placement: { spares: ['c'] } };
const following = aView({ settled: 'spare', database: standbyDatabase({ acknowledges: false }) });
const waiting = aView({ settled: 'live', database: liveDatabase() });
const behind = aView({ epoch: 6, settled: 'live', database: liveDatabase({ waitsFor: null }) });
const lost = { acceptedLoss: { by: 'Ada', why: '', at: 1, incident: 'x' }, epoch: 5, position: '0-1-9', open: true };

const rows: [what: string, given: Case, expected: string][] = [
  ['a protected site loses its right', { site: leaving }, 'unprotect'],
  [
    '… not while something is found about it',
    { site: leaving, findings: [aFinding('copy-down', { forMs: 10 })] },
    '– waiting-it-out',
  ],
  [
    '… not before its live copy is lost: that is answered first',
    { site: leaving, findings: [aFinding('zone-dark')] },
    'failover',
  ],
  [
    '… not before a lost standby is given up',
    { site: leaving, findings: [aFinding('standby-lost', { zone: 'b' })] },
    'give-up-standby',
  ],
  ['… not unless its live copy is heard', { site: { ...leaving, copies: { b: COPIES.b } } }, '–'],
  ['… nor before that one knows this record', { site: { ...leaving, copies: { a: behind, b: COPIES.b } } }, '–'],
  [
    '… not while a drill is under way',
    { site: { ...leaving, placement: { drill: aDrill({ stage: 'there' }) }, epochForMs: 100 } },
    '–',
  ],
  [
    '… not while it is on its way somewhere',
    { site: { ...leaving, placement: { order: anOrder({ to: 'b' }) }, edges: EDGES } },
    'hand-over',
  ],
  ['alone and at peace', { site: alone() }, '–'],
  ['… its copies are released, the least preferred first', { site: alone({ spares: ['b', 'c'] }) }, 'release-copy'],
  [
    '… not while the live copy still waits for one of them',
    { site: alone({ spares: ['b'] }, { copies: { a: waiting } }) },
    '–',
  ],
  [
    '… not before it knows that it is to wait no more',
    { site: alone({ spares: ['b'] }, { copies: { a: behind } }) },
    '–',
  ],
  [
    '… not while something is found',
    { site: alone({ spares: ['b'] }), findings: [aFinding('zone-slow', { forMs: 1 })] },
    '– waiting-it-out',
  ],
  [
    '… what comes back with data is not taken in',
    { site: alone({}, { copies: { ...alone().copies!, b: following } }) },
    '–',
  ],
  [
    '… but for a copy that a person gave up: what only it had is still to be told',
    {
      site: alone(
        { promotion: { ...lost, from: 'b' } },
        { copies: { ...alone().copies!, b: aView({ database: aDatabase({ state: 'down' }) }) } },
      ),
    },
    'take-in-spare',
  ],
  [
    '… which stays until it has been compared',
    {
      site: alone({ spares: ['b'], promotion: { ...lost, from: 'b' } }, { copies: { ...alone().copies!, b: aView() } }),
    },
    '–',
  ],
  [
    '… and is released then',
    {
      site: alone(
        { spares: ['b'], promotion: { ...lost, from: 'b' } },
        { copies: { ...alone().copies!, b: following } },
      ),
    },
    'release-copy',
  ],
  ['alone, its zone lost', { site: alone(), findings: [aFinding('zone-dark')] }, 'open-incident not-protected-by-plan'],
  [
    'alone, its copy down, in an incident',
    { site: alone({ incident: 'x' }), findings: [aFinding('copy-down')] },
    '– not-protected-by-plan',
  ],
  ['alone, the trouble over for 15 s', { site: alone({ incident: 'x' }, { quietForMs: 15_000 }) }, 'close-incident'],
  ['… not sooner', { site: alone({ incident: 'x' }, { quietForMs: 14_900 }) }, '–'],
  [
    'alone, in a zone that is to be empty: a copy is built for the move',
    { site: alone(), zones: { a: { evacuated: { at: 1, by: 'Ada', why: '' } } } },
    'order',
  ],
  ['… and becomes the standby', { site: alone({ order: anOrder({ to: 'c' }) }) }, 'prefer-target'],
  [
    '… recorded in sync, to be moved to',
    { site: { ...leaving, placement: { inSync: false, order: anOrder({ to: 'b' }) } } },
    'record-in-sync',
  ],
  ['… and let go when the move was called off', { site: { ...leaving, placement: { inSync: false } } }, 'unprotect'],
  ['it gains its right', { site: { ...alone(), unprotected: null } }, 'protect'],
  ['… and then a standby', { site: { ...alone({ exposedBy: null }), unprotected: null } }, 'choose-standby'],
  [
    '… also while its zone is lost, where nothing can be done about that',
    { site: { ...alone(), unprotected: null }, findings: [aFinding('zone-dark')] },
    'protect standby-not-in-sync',
  ],
  [
    'its right comes back while it is on its way',
    { site: { ...alone({ standby: 'b', inSync: true }), unprotected: null } },
    'protect',
  ],
  [
    'a site with the right has its incident closed only when protected',
    { site: { ...alone({ incident: 'x', exposedBy: null }), unprotected: null }, unheard: ['b', 'c'] },
    '– no-spare-zone',
  ],
  ['nobody drills alone', { site: alone({}, { spec: { drills: { everyMs: 1, fault: 'move', window: null } } }) }, '–'],
];

it.each(rows)('%s', (_, given, expected) => {
  expect(outcomeOf(decideShop(given))).toBe(expected);
});

it('the step itself: nobody in sync, and every copy keeps a role until it is released by name', () => {
  const { next } = decideShop({ site: leaving }).decision!;
  expect(next).toMatchObject({
    live: 'a',
    standby: null,
    inSync: false,
    spares: ['b', 'c'],
    exposedBy: 'not-protected-by-plan',
  });
  const { next: last } = decideShop({ site: alone({ spares: ['b', 'c'] }) }).decision!;
  expect([last.spares, roleOf(last, 'c'), runsAlone(last)]).toEqual([['b'], 'none', false]);
  expect(runsAlone(decideShop({ site: alone({ spares: ['b'] }) }).decision!.next)).toBe(true);
});

it('what was given up is told once: the copy that was compared is not taken in again', () => {
  const compared = alone(
    { spares: ['b'], promotion: { ...lost, from: 'b' } },
    { copies: { ...alone().copies!, b: following } },
  );
  const { next } = decideShop({ site: compared }).decision!;
  expect(next.promotion.acceptedLoss).toEqual({ ...lost.acceptedLoss, compared: true });
  const copies = { a: aView({ ...alone().copies!.a!.report, epoch: 8 }), b: aView({ ...following.report, epoch: 8 }) };
  expect(outcomeOf(decideShop({ site: { unprotected: ALONE, placement: next, copies } }))).toBe('–');
});
