/** Every finding against every patience, and what patience does not hold back. */
import { describe, expect, it, test } from 'vitest';
import { aFinding, decideShop, outcomeOf } from '../../test/support/deciding.ts';
import { aView, liveDatabase, standbyDatabase } from '../../test/support/fixtures.ts';
import { type Finding, type FindingCode, PATIENCE } from '../model/index.ts';

type Held = [code: FindingCode, outright: boolean, eager: number, normal: number, careful: number];
const HELD: Held[] = [
  ['zone-dark', false, 400, 600, 5_000],
  ['zone-dark', true, 150, 250, 3_500],
  ['copy-down', false, 1_000, 2_000, 10_000],
  ['copy-down', true, 150, 250, 3_500],
  ['copy-stuck', false, 1_000, 2_000, 10_000],
  ['zone-erring', false, 0, 0, 5_000],
  ['copy-erring', false, 0, 0, 5_000],
  ['zone-slow', false, 5_000, 15_000, 60_000],
  ['copy-slow', false, 5_000, 15_000, 60_000],
];

describe('a site waits as long as its patience says', () => {
  test.each(
    HELD.flatMap(([code, outright, eager, normal, careful]) =>
      Object.entries({ eager, normal, careful }).map(([name, ms]) => ({ code, outright, name, ms })),
    ),
  )('$code, outright: $outright, $name: $ms ms', ({ code, outright, name, ms }) => {
    const policy = { patience: PATIENCE[name as keyof typeof PATIENCE] };
    const unheard = code === 'zone-dark' ? ['a'] : [];
    const after = (forMs: number) =>
      outcomeOf(decideShop({ policy, unheard, findings: [aFinding(code, { outright, forMs })] }));
    expect(after(ms)).toBe('failover');
    if (ms > 0) expect(after(ms - 1)).toBe('– waiting-it-out');
  });
});

it('waiting names how long and how long it will be, with the evidence (I8)', () => {
  const { refusals } = decideShop({ findings: [aFinding('copy-slow', { forMs: 1_234 })] });
  expect(refusals[0]!.refusal.sentence).toContain('has held for 1234 ms, and its patience asks for 15000 ms');
  expect(refusals[0]!.refusal.evidence).toHaveLength(1);
});

const YOUNG_DARK = aFinding('zone-dark', { forMs: 300 });
const GROWING = { placement: { inSync: false }, copies: { b: aView({ database: standbyDatabase() }) } };
const RECORDED = { placement: { incident: 'x' } };

test.each([
  [
    'the loss that may be acted on first is, though a worse one holds',
    { findings: [aFinding('zone-dark', { forMs: 1 }), aFinding('copy-erring')] },
    'failover waiting-it-out',
  ],
  [
    'of two that hold long enough the worse one is answered',
    { findings: [aFinding('copy-erring'), aFinding('zone-dark')], unheard: ['a'] },
    'failover',
  ],
  [
    'a milder loss that is refused does not hold a worse one back',
    { findings: [aFinding('copy-erring', { loadRatio: 9 }), aFinding('copy-down')] },
    'failover load-follows',
  ],
  [
    'exposed: the refusal is told once the patience is over',
    { site: GROWING, findings: [aFinding('zone-dark')], unheard: ['a'] },
    'open-incident standby-not-in-sync',
  ],
  [
    'exposed, not yet: nothing is recorded',
    { site: GROWING, findings: [YOUNG_DARK], unheard: ['a'] },
    '– waiting-it-out',
  ],
  ['in doubt, an open incident does not close', { site: RECORDED, findings: [YOUNG_DARK] }, '– waiting-it-out'],
  ['what other zones suffer does not concern the site', { findings: [aFinding('zone-erring', { zone: 'c' })] }, '–'],
  ['what other sites suffer does not concern the site', { findings: [aFinding('copy-down', { site: 'blog' })] }, '–'],
  ['its zone errs, and it has nothing of it', { findings: [aFinding('zone-erring', { well: ['shop'] })] }, '–'],
  [
    'its zone errs, another site has nothing of it',
    { findings: [aFinding('zone-erring', { well: ['blog'] })] },
    'failover',
  ],
  [
    'its zone errs, and it is itself down: its own loss counts',
    { findings: [aFinding('zone-erring', { well: ['shop'] }), aFinding('copy-down')] },
    'failover',
  ],
  ['a sick observer is no loss', { findings: [aFinding('observer-sick')] }, '–'],
])('%s', (_, change, expected) => {
  expect(outcomeOf(decideShop(change))).toBe(expected);
});

it('answers the worst of what holds long enough', () => {
  const findings = [aFinding('copy-slow'), aFinding('zone-dark'), aFinding('copy-down')];
  expect(decideShop({ findings, unheard: ['a'] }).decision).toMatchObject({ because: { code: 'zone-dark' } });
});

describe('a lost standby', () => {
  const lost = aFinding('standby-lost', { zone: 'b', forMs: 0 });
  const dark = (forMs: number): Finding[] => [lost, aFinding('zone-dark', { zone: 'b', forMs })];
  const deadLive = {
    b: aView({ database: standbyDatabase() }),
    a: aView({ database: liveDatabase({ state: 'down' }) }),
  };
  test.each([
    ['its database gone: given up at once', { findings: [lost] }, 'give-up-standby'],
    ['its zone silent for long enough', { findings: dark(600), unheard: ['b'] }, 'give-up-standby'],
    ['its zone silent for a neighbour’s patience only', { findings: dark(599), unheard: ['b'] }, '–'],
    [
      'a careful site does not let writes hang for its own patience',
      { policy: { patience: PATIENCE.careful }, findings: dark(600), unheard: ['b'] },
      'give-up-standby',
    ],
    [
      'an eager site gives it up as early as it asks for',
      { policy: { patience: PATIENCE.eager }, findings: dark(400), unheard: ['b'] },
      'give-up-standby',
    ],
    [
      'the live zone in doubt as well: the record is not touched',
      { findings: [...dark(5_000), YOUNG_DARK], unheard: ['a', 'b'] },
      '– waiting-it-out',
    ],
    [
      'the live database gone as well: the record is not touched',
      { findings: [...dark(5_000), aFinding('copy-down')], unheard: ['b'], site: { copies: deadLive } },
      'open-incident standby-unwell',
    ],
    [
      'the live copy slow because commits wait for it: given up, which is what helps',
      { findings: [...dark(5_000), aFinding('copy-slow')], unheard: ['b'] },
      'give-up-standby standby-unwell',
    ],
    [
      'the live application unanswered because commits wait: given up, too',
      { findings: [...dark(5_000), aFinding('copy-down')], unheard: ['b'] },
      'give-up-standby standby-unwell',
    ],
  ])('%s', (_, change, expected) => {
    expect(outcomeOf(decideShop(change))).toBe(expected);
  });
});
