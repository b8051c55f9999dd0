import { expect, test } from 'vitest';
import { firstPlacement, type Placement } from '../../model/index.ts';
import { refusalOf } from './backup.ts';
import { donorsFor } from './build-donors.ts';
import { lackOfRoom } from './build-room.ts';
import type { DatabaseGoal } from './goal.ts';

const base: Placement = {
  ...firstPlacement('shop', 'a', 0),
  initialised: true,
  standby: 'b',
  inSync: true,
  spares: ['c', 'd'],
};

const DONORS: { name: string; placement: Placement; zone: string; donors: string[] }[] = [
  {
    name: 'a spare asks the other spare, the standby, the live copy',
    placement: base,
    zone: 'd',
    donors: ['c', 'b', 'a'],
  },
  { name: 'a lone spare asks the standby first', placement: { ...base, spares: ['c'] }, zone: 'c', donors: ['b', 'a'] },
  {
    name: 'a standby that is not in sync is disturbed last',
    placement: { ...base, inSync: false },
    zone: 'd',
    donors: ['c', 'a', 'b'],
  },
  {
    name: 'a standby asks the spares first',
    placement: { ...base, inSync: false },
    zone: 'b',
    donors: ['c', 'd', 'a'],
  },
  { name: 'with two copies there is only the live one', placement: { ...base, spares: [] }, zone: 'b', donors: ['a'] },
];
test.each(DONORS)('$name', ({ placement, zone, donors }) => {
  expect(donorsFor(placement, zone)).toEqual(donors);
});

const GB = 1e9;
const ROOM: { name: string; dataBytes: number; freeBytes: number; totalBytes: number; fits: boolean }[] = [
  { name: 'plenty', dataBytes: GB, freeBytes: 50 * GB, totalBytes: 100 * GB, fits: true },
  { name: 'the data alone would fit', dataBytes: GB, freeBytes: 1.2 * GB, totalBytes: 10 * GB, fits: false },
  {
    name: 'nothing would be left of a large disk',
    dataBytes: GB,
    freeBytes: 2 * GB,
    totalBytes: 100 * GB,
    fits: false,
  },
  { name: 'a small copy on a small disk', dataBytes: 80e6, freeBytes: 200e6, totalBytes: GB, fits: true },
];
test.each(ROOM)('room: $name', ({ dataBytes, fits, ...disk }) => {
  expect(lackOfRoom(dataBytes, disk) === null).toBe(fits);
});

test('what is lacking is said in numbers', () => {
  expect(lackOfRoom(GB, { freeBytes: 1.2 * GB, totalBytes: 10 * GB })).toBe(
    'there is no room for it: 1000 MB of data need 1400 MB (1.3 times as much, and 100 MB stay free), 1200 MB are free',
  );
});

const well = { answering: true, settled: true, diverged: false };
const spare: DatabaseGoal = {
  role: 'spare',
  epoch: 9,
  promotion: { epoch: 7, from: 'b', position: '0-1-1', open: true, acceptedLoss: null },
  source: { zone: 'a', host: 'a', port: 1, agent: 'a:1' },
};
const REFUSALS: {
  name: string;
  goal: DatabaseGoal | null;
  change: Partial<typeof well>;
  reign: number;
  gives: boolean;
}[] = [
  { name: 'a settled copy gives', goal: spare, change: {}, reign: 7, gives: true },
  { name: 'nothing is known yet', goal: null, change: {}, reign: 7, gives: false },
  { name: 'no part in the site', goal: { role: 'none', epoch: 9 }, change: {}, reign: 7, gives: false },
  { name: 'another reign than the receiver’s', goal: spare, change: {}, reign: 8, gives: false },
  { name: 'its server is down', goal: spare, change: { answering: false }, reign: 7, gives: false },
  { name: 'it has not caught up itself', goal: spare, change: { settled: false }, reign: 7, gives: false },
  { name: 'it diverged', goal: spare, change: { diverged: true }, reign: 7, gives: false },
];
test.each(REFUSALS)('donor: $name', ({ goal, change, reign, gives }) => {
  expect(refusalOf(goal, { ...well, ...change }, reign) === null).toBe(gives);
});
