import { expect, test } from 'vitest';
import { firstPlacement, type Placement } from '../../model/index.ts';
import { type Errand, errandOf, type Recovered } from './mirror.ts';

const base: Placement = {
  ...firstPlacement('shop', 'b', 0),
  epoch: 9,
  standby: 'c',
  spares: [],
  initialised: true,
  promotion: { epoch: 7, from: 'a', position: '0-1-1', open: true, acceptedLoss: null },
};
const back = { ...base, spares: ['a'] };

const rows: { name: string; placement: Placement; zone: string; recovered?: Recovered; errand: Errand }[] = [
  { name: 'a standby follows', placement: base, zone: 'c', errand: { kind: 'follow', from: 'b' } },
  { name: 'a spare follows', placement: back, zone: 'a', errand: { kind: 'follow', from: 'b' } },
  { name: 'a copy without a role fetches nothing', placement: base, zone: 'a', errand: null },
  { name: 'live asks the standby too', placement: base, zone: 'b', errand: { kind: 'recover', from: ['c'], epoch: 7 } },
  {
    name: 'and first the zone that was live before, once it is back',
    placement: back,
    zone: 'b',
    errand: { kind: 'recover', from: ['a', 'c'], epoch: 7 },
  },
  {
    name: 'also when the standby was asked meanwhile',
    placement: back,
    zone: 'b',
    recovered: { epoch: 7, zones: ['c'] },
    errand: { kind: 'recover', from: ['a', 'c'], epoch: 7 },
  },
  {
    name: 'live asks each only once in its reign',
    placement: back,
    zone: 'b',
    recovered: { epoch: 7, zones: ['c', 'a'] },
    errand: null,
  },
  {
    name: 'and again in the next',
    placement: back,
    zone: 'b',
    recovered: { epoch: 4, zones: ['c', 'a'] },
    errand: { kind: 'recover', from: ['a', 'c'], epoch: 7 },
  },
  { name: 'nobody is there to be asked', placement: { ...base, standby: null }, zone: 'b', errand: null },
  {
    name: 'the first live zone has nobody to ask',
    placement: { ...back, promotion: { epoch: 1, from: null, position: '', open: true, acceptedLoss: null } },
    zone: 'b',
    errand: null,
  },
];

test.each(rows)('$name', ({ placement, zone, recovered = { epoch: 0, zones: [] }, errand }) => {
  expect(errandOf(placement, zone, recovered)).toEqual(errand);
});
