import { expect, test } from 'vitest';
import { firstPlacement, type Placement, type ZoneRecord } from '../model/index.ts';
import { applicationWish, mayWork, settledRole, toDatabaseGoal } from './goals.ts';

const zone = (name: string, changes: Partial<ZoneRecord> = {}): ZoneRecord => ({
  zone: name,
  agent: `${name}:7100`,
  controller: `${name}:7000`,
  host: name,
  portBase: 7400,
  evacuated: null,
  ...changes,
});
const zones = new Map(['a', 'b', 'c'].map((name) => [name, zone(name)]));

const base: Placement = {
  ...firstPlacement('shop', 'a', 0),
  epoch: 7,
  standby: 'b',
  inSync: true,
  spares: ['c'],
  initialised: true,
  promotion: { epoch: 1, from: null, position: '', open: true, acceptedLoss: null },
};
const first = { ...firstPlacement('shop', 'a', 0) };

const rows: { name: string; placement: Placement; zone: string; goal: object | null }[] = [
  {
    name: 'live',
    placement: base,
    zone: 'a',
    goal: { role: 'live', epoch: 7, standby: 'b', inSync: true, mayCreate: false },
  },
  { name: 'first live', placement: first, zone: 'a', goal: { role: 'live', epoch: 1, standby: null, mayCreate: true } },
  {
    name: 'standby follows live',
    placement: base,
    zone: 'b',
    goal: { role: 'standby', epoch: 7, source: { zone: 'a', host: 'a', port: 7408, agent: 'a:7100' } },
  },
  {
    name: 'spare follows the standby in sync',
    placement: base,
    zone: 'c',
    goal: { role: 'spare', source: { zone: 'b' } },
  },
  {
    name: 'spare follows live otherwise',
    placement: { ...base, inSync: false },
    zone: 'c',
    goal: { role: 'spare', source: { zone: 'a' } },
  },
  { name: 'none', placement: { ...base, spares: [] }, zone: 'c', goal: { role: 'none', epoch: 7 } },
  {
    name: 'a promoted copy never begins empty, even before the record says initialised',
    placement: {
      ...base,
      initialised: false,
      promotion: { epoch: 7, from: 'b', position: null, open: false, acceptedLoss: null },
    },
    zone: 'a',
    goal: { role: 'live', mayCreate: false },
  },
];

test.each(rows)('$name', ({ placement, zone: own, goal }) => {
  expect(toDatabaseGoal(placement, own, zones, 2)).toMatchObject(goal as object);
});

test('without the address of the zone to follow there is no goal', () => {
  for (const missing of [{ host: null }, { portBase: null }, { agent: null }]) {
    const some = new Map([...zones, ['a', zone('a', missing)]] as [string, ZoneRecord][]);
    expect(toDatabaseGoal(base, 'b', some, 2)).toBeNull();
  }
});

test('the application starts with the database, outlives its restarts, and ends without it', () => {
  expect(applicationWish('live', 'running', false)).toBe('run');
  expect(applicationWish('live', 'starting', false)).toBe('prepare');
  expect(applicationWish('live', 'down', true)).toBe('run');
  expect(applicationWish('standby', 'building', true)).toBe('prepare');
  expect(applicationWish('spare', 'running', true)).toBe('prepare');
  expect(applicationWish('none', 'running', true)).toBe('nothing');
});

test('a role is settled when nothing is left that contradicts it', () => {
  expect(settledRole('none', true, false)).toBeNull();
  expect(settledRole('none', true, true)).toBe('none');
  expect(settledRole('spare', true, false)).toBeNull();
  expect(settledRole('live', true, false)).toBe('live');
  expect(settledRole('live', false, true)).toBeNull();
});

test('cron and the like begin only where visitors may write, and not while they are held for a move', () => {
  const order = { kind: 'move', to: 'b', by: 'ann', why: '', at: 0, drainMs: 10_000, attempts: 0 } as const;
  const shut = { ...base.promotion, open: false };
  expect(mayWork(base)).toEqual({ setUp: false, start: true });
  expect(mayWork({ ...base, promotion: shut })).toEqual({ setUp: false, start: false });
  expect(mayWork({ ...base, order: { ...order, holding: false } })).toEqual({ setUp: false, start: true });
  expect(mayWork({ ...base, order: { ...order, holding: true } })).toEqual({ setUp: false, start: false });
  expect(mayWork(first), 'a new site is set up before anybody may write').toEqual({ setUp: true, start: false });
});
