/** Would it help? Each row is one way in which the standby is no better, against each kind of loss. */
import { describe, expect, it, test } from 'vitest';
import { aFinding, type Case, decideShop, outcomeOf } from '../../test/support/deciding.ts';
import { aRoom, aView, liveDatabase, standbyDatabase } from '../../test/support/fixtures.ts';
import type { ApplicationReport, DiskReport, FindingCode } from '../model/index.ts';

const CODES: FindingCode[] = [
  'zone-dark',
  'copy-down',
  'copy-stuck',
  'zone-erring',
  'copy-erring',
  'zone-slow',
  'copy-slow',
];
const ALL_BUT_DARK = CODES.filter((code) => code !== 'zone-dark');
const SERVED_BADLY = CODES.slice(3);
const SLOW: FindingCode[] = ['zone-slow', 'copy-slow'];

const application = (change: Partial<ApplicationReport>): ApplicationReport => ({
  state: 'ready',
  stateForMs: 60_000,
  checks: Array(20).fill(200),
  tookMs: Array(20).fill(20),
  ...change,
});
const standbyIs = (change: Partial<ApplicationReport>, here: Partial<ApplicationReport> = {}): Case => ({
  site: {
    copies: {
      a: aView({ database: liveDatabase(), application: application(here) }),
      b: aView({ database: standbyDatabase(), application: application(change) }),
    },
  },
});
const databaseIs = (state: 'down' | 'starting'): Case => ({
  site: { copies: { a: aView({ database: liveDatabase() }), b: aView({ database: standbyDatabase({ state }) }) } },
});
const diskThere = (change: Partial<DiskReport>): Case => {
  const disk = { freeBytes: 1e9, totalBytes: 2e9, stuckForMs: 0, fsyncMs: 2, full: false, ...change };
  return {
    site: { copies: { a: aView({ database: liveDatabase() }), b: aView({ database: standbyDatabase({ disk }) }) } },
  };
};
const alsoFound = (code: FindingCode, zone: string | null): Case => ({ findings: [aFinding(code, { zone })] });
const took = (ms: number) => ({ tookMs: [9_000, ...Array(19).fill(ms)] });

interface Row {
  name: string;
  change: Case;
  /** Of `CODES`, those that the site is not moved for. */
  refused: FindingCode[];
  by?: string;
}

const rows: Row[] = [
  { name: 'the standby is well', change: {}, refused: [] },
  { name: 'its zone is not heard', change: { unheard: ['b'] }, refused: CODES, by: 'standby-unwell' },
  { name: 'its database is down', change: databaseIs('down'), refused: CODES, by: 'standby-unwell' },
  { name: 'its database is starting', change: databaseIs('starting'), refused: CODES, by: 'standby-unwell' },
  {
    name: 'nothing was heard of its copy for two seconds',
    change: { site: { copies: { b: aView({}, 2_000) } } },
    refused: CODES,
    by: 'standby-unwell',
  },
  {
    name: 'its application is not ready',
    change: standbyIs({ state: 'starting' }),
    refused: ALL_BUT_DARK,
    by: 'would-not-help',
  },
  {
    name: 'it was ready, and its newest check failed',
    change: standbyIs({ checks: [...Array(19).fill(200), 503] }),
    refused: ALL_BUT_DARK,
    by: 'would-not-help',
  },
  {
    name: 'its newest check was not answered',
    change: standbyIs({ checks: [...Array(19).fill(200), 0] }),
    refused: ALL_BUT_DARK,
    by: 'would-not-help',
  },
  { name: 'its disk is full', change: diskThere({ full: true }), refused: ALL_BUT_DARK, by: 'would-not-help' },
  { name: 'its disk hangs', change: diskThere({ stuckForMs: 1_200 }), refused: ALL_BUT_DARK, by: 'would-not-help' },
  { name: 'its disk is busy', change: diskThere({ stuckForMs: 400 }), refused: [] },
  { name: 'it failed five checks ago', change: standbyIs({ checks: [500, 200, 200, 200, 200] }), refused: [] },
  { name: 'its zone errs', change: alsoFound('zone-erring', 'b'), refused: ALL_BUT_DARK, by: 'would-not-help' },
  { name: 'its zone is slow', change: alsoFound('zone-slow', 'b'), refused: ALL_BUT_DARK, by: 'would-not-help' },
  { name: 'its copy errs', change: alsoFound('copy-erring', 'b'), refused: ALL_BUT_DARK, by: 'would-not-help' },
  { name: 'a third zone errs', change: alsoFound('zone-erring', 'c'), refused: [] },
  {
    name: 'the trouble is everywhere',
    change: alsoFound('trouble-everywhere', null),
    refused: SERVED_BADLY,
    by: 'trouble-everywhere',
  },
  { name: 'it is as slow', change: standbyIs(took(900), took(1_000)), refused: SLOW, by: 'would-not-help' },
  { name: 'it takes longer, but not long', change: standbyIs(took(90), took(20)), refused: [] },
  { name: 'it is slow, the live copy far slower', change: standbyIs(took(400), took(4_000)), refused: [] },
  {
    name: 'it is slow, and the live copy’s agent sees nothing of its own slowness',
    change: standbyIs(took(400), took(20)),
    refused: SLOW,
    by: 'would-not-help',
  },
  {
    name: 'all cores there are busy',
    change: { zones: { b: { room: aRoom({ cpuBusy: 0.96 }) } } },
    refused: SERVED_BADLY,
    by: 'no-room',
  },
  {
    name: 'little memory there is left',
    change: { zones: { b: { room: aRoom({ memoryAvailableBytes: 0.04 * 8e9 }) } } },
    refused: SERVED_BADLY,
    by: 'no-room',
  },
  {
    name: 'no memory there is left',
    change: { zones: { b: { room: aRoom({ memoryAvailableBytes: 0.019 * 8e9 }) } } },
    refused: CODES,
    by: 'no-room',
  },
  { name: 'its room is not known', change: { zones: { b: { room: null } } }, refused: [] },
];

describe('would it help', () => {
  test.each(
    rows.flatMap(({ name, change, refused, by }) =>
      CODES.map((code) => ({ name, code, change, expected: refused.includes(code) ? by! : 'moves' })),
    ),
  )('$name: for $code: $expected', ({ change, code, expected }) => {
    const { decision, refusals } = decideShop({
      ...change,
      unheard: [...(change.unheard ?? []), ...(code === 'zone-dark' ? ['a'] : [])],
      findings: [aFinding(code), ...(change.findings ?? [])],
    });
    expect(decision?.code).toBe(expected === 'moves' ? 'failover' : 'open-incident');
    expect(refusals.map(({ refusal }) => refusal.code)).toEqual(expected === 'moves' ? [] : [expected]);
  });
});

it.each([
  [null, 'failover'],
  [1.9, 'failover'],
  [2, 'open-incident load-follows'],
  [40, 'open-incident load-follows'],
])('erring at %s times the usual load: %s', (loadRatio, expected) => {
  for (const code of SERVED_BADLY)
    expect(outcomeOf(decideShop({ findings: [aFinding(code, { loadRatio })] }))).toBe(expected);
  for (const code of ['copy-down', 'copy-stuck'] as const)
    expect(outcomeOf(decideShop({ findings: [aFinding(code, { loadRatio })] }))).toBe('failover');
});

it.each(rows.filter(({ by }) => by !== undefined))('$name: is refused in figures, with evidence (I8)', (row) => {
  const { change, refused } = row;
  const findings = [aFinding(refused.at(-1)!), ...(change.findings ?? [])];
  const { refusal } = decideShop({ ...change, findings }).refusals[0]!;
  expect(refusal.sentence).toMatch(/shop/);
  expect(refusal.sentence).toMatch(/[zZ]one .*\.$/);
  expect(refusal.evidence.length).toBeGreaterThan(0);
});

it('trouble that is found for the site everywhere is an incident of its own', () => {
  const findings = [aFinding('trouble-everywhere', { zone: null, site: 'shop' })];
  expect(outcomeOf(decideShop({ findings }))).toBe('open-incident trouble-everywhere');
});
