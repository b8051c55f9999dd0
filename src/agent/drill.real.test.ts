/** A drill's fault on real processes: made once, by one agent or the next, and nothing stays frozen whoever dies. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { aDrill, aPlacement } from '../../test/support/fixtures.ts';
import type { DrillFault, Placement } from '../model/index.ts';
import { systemClock } from '../platform/clock.ts';
import { createLog } from '../platform/log.ts';
import { isRunning, type ProcessIdentity, signalGroup, startDetached } from '../platform/processes.ts';
import { createDrillHand, FROZEN_MS } from './drill.ts';

let folder: string;
const started: ProcessIdentity[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hf-drills-hand-'));
});
afterEach(() => {
  for (const identity of started.splice(0)) signalGroup(identity, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function anApplication(name: string): Promise<ProcessIdentity> {
  const command = ['/bin/sleep', '600'];
  const logFile = join(folder, 'log');
  const { identity } = await startDetached({ command, environment: {}, cwd: '/', user: null, logFile });
  writeFileSync(join(folder, `app-${name}.pid`), JSON.stringify({ identity, hash: '' }));
  started.push(identity);
  return identity;
}

const hand = (zone = 'a') =>
  createDrillHand({
    site: 'shop',
    zone,
    clock: systemClock,
    log: createLog('test', {}, 'fatal'),
    runFolder: folder,
    database: { processFile: join(folder, 'process.json'), configFile: join(folder, 'cnf') },
  });

const under = (fault: DrillFault, change: Partial<Placement> = {}) =>
  aPlacement({ drill: aDrill({ fault, startedAt: systemClock.wall() }), ...change });

/** `T`: stopped. */
const stateOf = ({ pid }: ProcessIdentity) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]![0];

async function until(what: () => boolean, limitMs = 5_000): Promise<boolean> {
  const end = systemClock.mono() + limitMs;
  while (!what() && systemClock.mono() < end) await systemClock.sleep(20);
  return what();
}

it('kills the application once, and not again after a restart of the agent', async () => {
  const first = await anApplication('web');
  const before = hand();
  before.pursue(under('kill-application'), true);
  before.pursue(under('kill-application'), true);
  expect(await until(() => !isRunning(first))).toBe(true);
  expect(await until(() => before.actions()[0]?.outcome === 'done')).toBe(true);
  expect(before.actions()).toMatchObject([{ id: 'shop/a/7/drill/shop-7', verb: 'drill-kill-application' }]);
  const again = await anApplication('web');
  const next = hand();
  next.pursue(under('kill-application'), true);
  await systemClock.sleep(300);
  expect(isRunning(again)).toBe(true);
  expect(next.actions()).toMatchObject([{ id: 'shop/a/7/drill/shop-7' }]);
});

it('does nothing for another zone, another stage, a move, a stopped drill, or a record that is not confirmed', async () => {
  const one = await anApplication('web');
  const wrong: [Placement, boolean, string][] = [
    [under('kill-application'), false, 'a'],
    [under('kill-application'), true, 'b'],
    [under('kill-application', { live: 'b', standby: 'a' }), true, 'a'],
    [under('move'), true, 'a'],
    [aPlacement({ drill: aDrill({ fault: 'kill-application', stage: 'home' }) }), true, 'a'],
    [aPlacement({ drill: aDrill({ fault: 'kill-application', stopped: 'x' }) }), true, 'a'],
  ];
  for (const [placement, calm, zone] of wrong) hand(zone).pursue(placement, calm);
  await systemClock.sleep(300);
  expect(isRunning(one)).toBe(true);
});

it('takes nothing for the database but this copy’s own server', async () => {
  const one = await anApplication('web');
  writeFileSync(join(folder, 'process.json'), JSON.stringify({ pid: one.pid, startedTicks: one.startTicks }));
  const maker = hand();
  maker.pursue(under('kill-database'), true);
  expect(await until(() => maker.actions().length > 0)).toBe(true);
  await systemClock.sleep(200);
  expect(maker.actions()).toMatchObject([{ outcome: 'failed', detail: 'nothing of it runs' }]);
  expect(isRunning(one)).toBe(true);
});

it('thaws what it froze within ten seconds, with nobody asking for it', async () => {
  const one = await anApplication('web');
  hand().pursue(under('freeze-application'), true);
  expect(await until(() => stateOf(one) === 'T')).toBe(true);
  expect(await until(() => stateOf(one) !== 'T', FROZEN_MS + 2_000)).toBe(true);
}, 20_000);
