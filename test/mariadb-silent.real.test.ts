/** A server that comes late with every answer, as on a host with too much to do, is left alone; one that says nothing at all is ended and started again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SILENT_LIMIT_MS } from '../src/agent/mariadb/plan.ts';
import { systemClock as clock } from '../src/platform/clock.ts';
import { createHand, type Hand } from './support/mariadb-hand.ts';
import { createZones, type Status, type TestZone, type Zones } from './support/mariadb-zones.ts';

const LIMIT_MS = 240_000;

let zones: Zones;
let hand: Hand;
let a: TestZone;

beforeAll(async () => {
  zones = await createZones(['a']);
  hand = createHand(zones);
  for (const zone of zones.zones) zone.startAgent();
  a = hand.zone('a');
  await hand.create();
}, LIMIT_MS);

afterAll(async () => {
  await zones?.end();
}, LIMIT_MS);

const serverPid = () => Number(readFileSync(join(a.folder, 'run', 'mariadb', 'mariadbd.pid'), 'utf8'));

it(
  'stands still for longer than looks are missed, and goes on: it is the same server',
  async () => {
    const pid = serverPid();
    process.kill(pid, 'SIGSTOP');
    await clock.sleep(SILENT_LIMIT_MS + 5_000);
    process.kill(pid, 'SIGCONT');
    const told = ({ actions }: Status) => actions.some(({ detail }) => /answers, late/.test(detail ?? ''));
    await a.until('asked patiently', told, 20_000);
    await a.until('well', ({ report }) => report.state === 'running' && report.writable, 20_000);
    expect(serverPid()).toBe(pid);
    await expect(a.query('SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
  },
  LIMIT_MS,
);

it(
  'says nothing to a patient question either: it is ended, and another one serves',
  async () => {
    const pid = serverPid();
    process.kill(pid, 'SIGSTOP');
    await a.until('started again', ({ report }) => report.writable && serverPid() !== pid, 90_000);
    await expect(a.query('SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
  },
  LIMIT_MS,
);
