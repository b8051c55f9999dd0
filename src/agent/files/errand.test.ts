import { expect, test } from 'vitest';
import { firstPlacement, type Placement } from '../../model/index.ts';
import { type Errand, errandOf } from './mirror.ts';

const base: Placement = {
  ...firstPlacement('shop', 'b', 0),
  epoch: 9,
  standby: 'c',
  spares: [],
  initialised: true,
  promotion: { epoch: 7, from: 'a', position: '0-1-1', open: true, acceptedLoss: null },
};
const back = { ...base, spares: ['a'] };

const rows: { name: string; placement: Placement; zone: string; recovered: number; errand: Errand }[] = [
  { name: 'a standby follows', placement: base, zone: 'c', recovered: 0, errand: { kind: 'follow', from: 'b' } },
  { name: 'a spare follows', placement: back, zone: 'a', recovered: 0, errand: { kind: 'follow', from: 'b' } },
  { name: 'a copy without a role fetches nothing', placement: base, zone: 'a', recovered: 0, errand: null },
  { name: 'live waits for the old live zone', placement: base, zone: 'b', recovered: 0, errand: null },
  {
    name: 'live asks it when it is back',
    placement: back,
    zone: 'b',
    recovered: 0,
    errand: { kind: 'recover', from: 'a', epoch: 7 },
  },
  { name: 'live asks only once', placement: back, zone: 'b', recovered: 7, errand: null },
  {
    name: 'the first live zone has nobody to ask',
    placement: { ...back, promotion: { epoch: 1, from: null, position: '', open: true, acceptedLoss: null } },
    zone: 'b',
    recovered: 0,
    errand: null,
  },
];

test.each(rows)('$name', ({ placement, zone, recovered, errand }) => {
  expect(errandOf(placement, zone, recovered)).toEqual(errand);
});
