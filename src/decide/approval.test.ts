/** Sites that ask first: who is asked when, how long an answer counts, when it is used up. */
import { describe, expect, it, test } from 'vitest';
import { aFinding, type Case, decideShop, outcomeOf } from '../../test/support/deciding.ts';
import { aPlacement, aSpec } from '../../test/support/fixtures.ts';
import { DEFAULT_POLICY, type FailoverPolicy, type FindingCode, type Placement } from '../model/index.ts';
import { planApproval } from './index.ts';

const NOW = 100_000_000;
const MINUTE = 60_000;
const ASK: Partial<FailoverPolicy> = { mode: 'ask-first' };
const given = (agoMs: number): Placement['approval'] => ({ at: NOW - agoMs, by: 'Ada' });
const ask = (change: Case) => decideShop({ policy: ASK, now: NOW, ...change });

test.each([
  ['zone-dark', ['a']],
  ['copy-down', []],
  ['zone-erring', []],
  ['copy-slow', []],
] as [FindingCode, string[]][])('%s: asks, and moves once it was allowed', (code, unheard) => {
  const findings = [aFinding(code)];
  expect(outcomeOf(ask({ findings, unheard }))).toBe('open-incident waits-for-approval');
  expect(outcomeOf(ask({ findings, unheard, site: { placement: { incident: 'x' } } }))).toBe('– waits-for-approval');
  const allowed = ask({ findings, unheard, site: { placement: { incident: 'x', approval: given(MINUTE) } } });
  expect(outcomeOf(allowed)).toBe('failover');
  expect(allowed.decision!.next.approval).toBeNull();
});

test.each([
  [14 * MINUTE, 'failover'],
  [15 * MINUTE, '– waits-for-approval'],
  [-MINUTE, 'failover'],
  [-60 * MINUTE, '– waits-for-approval'],
])('an approval given %d ms ago: %s', (agoMs, expected) => {
  const site = { placement: { incident: 'x', approval: given(agoMs) } };
  expect(outcomeOf(ask({ findings: [aFinding('copy-down')], site }))).toBe(expected);
});

test.each<[string, Case, string]>([
  ['nobody is asked about a move that would not help', { unheard: ['b'] }, 'open-incident standby-unwell'],
  [
    'an approval does not make a bad move good',
    { unheard: ['b'], site: { placement: { incident: 'x', approval: given(0) } } },
    '– standby-unwell',
  ],
  [
    'nobody is asked before the patience is over',
    { findings: [aFinding('copy-down', { forMs: 10 })] },
    '– waiting-it-out',
  ],
])('%s', (_, change, expected) => {
  expect(outcomeOf(ask({ findings: [aFinding('copy-down')], ...change }))).toBe(expected);
});

test('what asks says how to answer (I8)', () => {
  expect(ask({ findings: [aFinding('copy-down')] }).refusals[0]!.refusal.sentence).toContain(
    'npx holdfast approve shop',
  );
});

describe('when the trouble is over', () => {
  const over = (placement: Partial<Placement>, quietForMs = 0) => ask({ site: { placement, quietForMs } }).decision;
  it('an approval that was not used goes with the incident', () => {
    expect(over({ incident: 'x', approval: given(0) }, 3_000)!.next).toMatchObject({ incident: null, approval: null });
  });
  it('it stays for a while after it was given, since trouble may blink', () => {
    const approved = { incident: 'x', decision: 'approve', approval: given(0) };
    expect(over(approved, 14_900)).toBeNull();
    expect(over(approved, 15_000)!.code).toBe('close-incident');
  });
});

describe('planApproval', () => {
  const plan = (change: Partial<Placement>, mode: FailoverPolicy['mode'] = 'ask-first') =>
    planApproval(
      { spec: aSpec({ failover: { ...DEFAULT_POLICY, mode } }), placement: aPlacement({ incident: 'x', ...change }) },
      'Ada',
      NOW,
    );

  it('changes nothing but the approval', () => {
    const decided = plan({});
    if (decided.kind !== 'decision') throw new Error(decided.sentence);
    const changed = { epoch: 8, decision: 'approve', committedAt: NOW, approval: { at: NOW, by: 'Ada' } };
    expect(decided.next).toEqual(aPlacement({ incident: 'x', ...changed }));
  });

  test.each([
    ['it stands already', { approval: given(MINUTE) }, 'ask-first', true, 'Ada has already'],
    ['nothing is wrong', { incident: null }, 'ask-first', false, 'Nothing is wrong'],
    ['the site asks nobody', {}, 'automatic', false, 'asks nobody'],
  ] as const)('does nothing when %s', (_, change, mode, standing, sentence) => {
    expect(plan(change, mode)).toEqual({
      kind: 'no-approval',
      standing,
      sentence: expect.stringContaining(sentence),
    });
  });

  it('an old one is replaced', () => {
    expect(plan({ approval: given(20 * MINUTE) }).kind).toBe('decision');
  });
});
