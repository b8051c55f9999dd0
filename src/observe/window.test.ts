import { expect, test } from 'vitest';
import { aCopy, anAgentReport, liveDatabase, standbyDatabase } from '../../test/support/fixtures.ts';
import type { AgentReport, CopyReport } from '../model/index.ts';
import { absorb, emptyWindow } from './window.ts';

const copy = (site: string, change: Partial<CopyReport> = {}) => aCopy({ site, ...change });
const DISK = { freeBytes: 1, totalBytes: 2, stuckForMs: 0, fsyncMs: 1, full: false };

/** A window, and reports of one agent that arrive at it, each 100 ms after the one before. */
function start() {
  const window = emptyWindow(0);
  let sequence = 0;
  return {
    hear(copies: CopyReport[], change: Partial<AgentReport> = {}) {
      sequence = change.sequence ?? sequence + 1;
      return absorb(window, anAgentReport('a', { copies, ...change, sequence }), sequence * 100);
    },
    copies: () => window.agents.get('a')!.report.copies,
    sites: () => window.agents.get('a')!.report.copies.map(({ site }) => site),
    report: () => window.agents.get('a')!.report,
  };
}

test('copies that a message does not tell of stay, and grow older', () => {
  const { hear, copies, report } = start();
  const told = [
    copy('shop', {
      database: standbyDatabase({ stateForMs: 1_000, heardAgoMs: 30, disk: { ...DISK, stuckForMs: 400 } }),
    }),
    copy('blog', { database: liveDatabase({ disk: DISK }), epoch: 3 }),
  ];
  hear(told);
  hear([copy('blog', { epoch: 4 })], { copiesInAll: 2 });
  hear([], { copiesInAll: 2 });
  expect(copies()).toMatchObject([
    {
      site: 'shop',
      database: { stateForMs: 1_200, heardAgoMs: 230, disk: { stuckForMs: 600 } },
      application: { stateForMs: 60_200 },
    },
    { site: 'blog', epoch: 4, database: { stateForMs: 60_100, heardAgoMs: null }, application: { stateForMs: 60_100 } },
  ]);
  expect(report()).not.toHaveProperty('copiesInAll');
  expect(told[0]!.database.stateForMs, 'what was handed over is not touched').toBe(1_000);
});

test('a message that tells of all replaces all', () => {
  const { hear, sites } = start();
  hear([copy('shop'), copy('blog')]);
  hear([copy('blog')]);
  expect(sites()).toEqual(['blog']);
});

test('after a lost message, or a restart of the agent, only what has been told since is known', () => {
  const { hear, sites } = start();
  hear([copy('shop'), copy('blog'), copy('wiki')]);
  hear([copy('blog')], { copiesInAll: 3, sequence: 3 });
  expect(sites()).toEqual(['blog']);
  hear([copy('wiki')], { copiesInAll: 3 });
  expect(sites()).toEqual(['blog', 'wiki']);
  hear([copy('shop')], { copiesInAll: 3, incarnation: 'another' });
  expect(sites()).toEqual(['shop']);
});

test('a late duplicate changes nothing', () => {
  const { hear, copies } = start();
  hear([copy('shop', { epoch: 5 })], { sequence: 2 });
  expect(hear([copy('shop', { epoch: 4 })], { sequence: 1 })).toBe(false);
  expect(copies()).toMatchObject([{ epoch: 5 }]);
});

test('a copy that is no more is dropped when nothing was told of it for long', () => {
  const { hear, sites } = start();
  hear([copy('shop'), copy('blog')]);
  for (let turn = 0; turn < 120; turn++) hear([copy('blog')], { copiesInAll: 1 });
  expect(sites()).toEqual(['blog']);
});
