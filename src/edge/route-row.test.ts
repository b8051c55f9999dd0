import { expect, test } from 'vitest';
import { firstPlacement, type Order, type Placement, type SiteRecord, type ZoneRecord } from '../model/index.ts';
import { parseLine, type RouteRow, toLine, toRow } from './route-row.ts';

const zone = (name: string, host: string | null): [string, ZoneRecord] => [
  name,
  { zone: name, host, portBase: 7400, agent: null, controller: null, evacuated: null },
];
const ZONES = new Map([zone('a', '10.0.0.1'), zone('b', '10.0.0.2'), zone('six', 'fd00::6'), zone('new', null)]);
const SITE = { slot: 2, spec: { site: 'shop', hosts: ['Shop.example', 'www.shop.example:8080'] } } as SiteRecord;
const PROTECTED: Placement = {
  ...firstPlacement('shop', 'a', 0),
  epoch: 7,
  initialised: true,
  standby: 'b',
  inSync: true,
  promotion: { epoch: 7, from: null, position: '0-1-1', open: true, acceptedLoss: null },
};
const HOLDING: Order = {
  kind: 'move',
  to: 'b',
  by: 'somebody',
  why: '',
  at: 0,
  drainMs: 10_000,
  holding: true,
  attempts: 0,
};
const ROW: RouteRow = {
  site: 'shop',
  epoch: 7,
  hosts: ['shop.example', 'www.shop.example'],
  gate: 'open',
  live: { zone: 'a', address: '10.0.0.1:7409' },
  standby: { zone: 'b', address: '10.0.0.2:7409' },
};

test.each<[string, Partial<Placement>, Partial<RouteRow>]>([
  ['a protected site', {}, {}],
  ['a standby that is not in sync yet takes nobody', { inSync: false }, { standby: null }],
  ['no standby', { standby: null, inSync: false }, { standby: null }],
  [
    'a promotion under way',
    { promotion: { epoch: 7, from: 'b', position: null, open: false, acceptedLoss: null } },
    { gate: 'shut' },
  ],
  ['a database that is still to be created', { initialised: false }, { gate: 'shut' }],
  ['a site that is being handed over', { order: HOLDING }, { gate: 'held' }],
  ['one that is about to be', { order: { ...HOLDING, holding: false } }, {}],
  [
    'one that was to be handed over and has lost its standby',
    { order: HOLDING, inSync: false },
    { gate: 'open', standby: null },
  ],
  ['a zone that has told no address', { live: 'new' }, { live: null }],
  ['a zone that nobody knows', { live: 'gone' }, { live: null }],
  ['an IPv6 zone', { live: 'six' }, { live: { zone: 'six', address: '[fd00::6]:7409' } }],
])('%s', (_, placement, row) => {
  const made = toRow(SITE, { ...PROTECTED, ...placement }, ZONES);
  expect(made).toEqual({ ...ROW, ...row });
  expect(parseLine(toLine(made))).toEqual(made);
});

test.each(['', 'shop\t7', 'shop\tseven\topen\ta\t1.1.1.1:1\t\t\th', 'shop\t7\tajar\ta\t1.1.1.1:1\t\t\th'])(
  'no row: %j',
  (line) => expect(parseLine(line)).toBeNull(),
);

test('a name cannot smuggle a second row in', () => {
  expect(() => toLine({ ...ROW, hosts: ['x\nother\t9'] })).toThrow('line break');
});
