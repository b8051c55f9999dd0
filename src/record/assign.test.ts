/** Which incident a decision belongs to, and which it opens. */
import { expect, it } from 'vitest';
import { aDrill, aPlacement } from '../../test/support/fixtures.ts';
import type { Decision } from '../decide/index.ts';
import type { Finding, Placement } from '../model/index.ts';
import { assignIncidents, type KnownIncidents } from './assign.ts';

const NOW = 5_000;
const create = (at: number, subject: string) => `${at}~${subject}`;

function aDecision(site: string, found: Partial<Finding> | null, change: Partial<Placement> = {}): Decision {
  const nobody = { zone: 'a', site: null, observer: null, forMs: 600, outright: false, loadRatio: null, evidence: [] };
  const because = found === null ? null : { code: 'zone-dark' as const, ...nobody, ...found };
  return { kind: 'decision', code: 'failover', next: aPlacement({ site, ...change }), sentence: '', because };
}

function known(incident: string | null, forMs: number, claimed = incident): KnownIncidents {
  const claims = new Map(claimed === null ? [] : [['zone-dark:a', claimed]]);
  return { placements: new Map([['shop', aPlacement({ incident })]]), claims, claimedForMs: () => forMs };
}

function assigned(decisions: Decision[], what: KnownIncidents) {
  return assignIncidents(decisions, what, NOW, create).map(({ next, opens }) => [next.incident, opens?.after]);
}

it.each([
  ['nothing was ever opened about it', known(null, 0), ['5000~zone-dark:a', null]],
  ['one is open and young', known('old', 120_000), ['old', undefined]],
  ['one is open, but of another event', known('old', 120_001), ['5000~zone-dark:a', 'old']],
  ['the newest one is over', known(null, 10, 'old'), ['5000~zone-dark:a', 'old']],
  ['one is open that is not the newest', known('older', 10, 'old'), ['5000~zone-dark:a', 'old']],
])('%s: all sites of one finding fare alike', (_, what, expected) => {
  expect(assigned([aDecision('one', {}), aDecision('two', {})], what)).toEqual([expected, expected]);
});

it('what is about one site alone is opened without a claim', () => {
  const own = aDecision('one', { code: 'copy-down', site: 'one' });
  expect(assigned([own, aDecision('two', {})], known(null, 0))).toEqual([
    ['5000~copy-down:a:one', undefined],
    ['5000~zone-dark:a', null],
  ]);
});

it.each([
  ['a site stays in its incident', aDecision('one', {}, { incident: 'mine' }), 'mine'],
  ['what answers no finding opens none', aDecision('one', null), null],
  ['what a drill broke is none', aDecision('one', {}, { drill: aDrill() }), null],
])('%s', (_, decision, incident) => {
  expect(assigned([decision], known('old', 10))).toEqual([[incident, undefined]]);
});
