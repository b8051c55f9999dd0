/**
 * A zone with ten thousand sites is lost: each person hears of it once, within seconds. The notices of two controllers (the third was lost
 * with its zone) over one store in memory, on the real clock, mail to a real SMTP server.
 */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Mailbox, openMailbox } from '../../test/support/mailbox.ts';
import { firstPlacement, type Person, type Placement } from '../model/index.ts';
import { systemClock as clock } from '../platform/clock.ts';
import { createLog } from '../platform/log.ts';
import { anEntry, aService, aSpec } from '../store/fixtures.ts';
import { newIncidentId } from '../store/keys.ts';
import { MemoryCluster, openMemoryStore } from '../store/memory.ts';
import type { PlacementChange } from '../store/store.ts';
import { type NotifyState, startNotifyLoop } from './loop.ts';

const SITES = 10_000;
const OPERATORS = ['olga', 'otto'];
/** Each with a hundred sites of its own; the sites after those have an address of their own each. */
const AGENCIES = 90;
const SITES_OF_ONE = 100;
const OWNERS = SITES - AGENCIES * SITES_OF_ONE;
const PEOPLE = OPERATORS.length + AGENCIES + OWNERS;
/** Ten seconds are asked for, on machines that nobody else uses. */
const CEILING_MS = 100_000;

const names = Array.from({ length: SITES }, (_, index) => `site-${String(index).padStart(5, '0')}`);
const cluster = new MemoryCluster();
const store = openMemoryStore(cluster, { clock });
const log = createLog('test', {}, 'warn');
/** What a controller's view holds: the twin's own watch copies all of it again and again. */
const state: NotifyState = {
  zones: cluster.zones,
  sites: cluster.sites,
  placements: cluster.placements,
  get service() {
    return cluster.service;
  },
};
const ending: (() => Promise<void>)[] = [];
let mailbox: Mailbox;

beforeAll(async () => {
  mailbox = await openMailbox('127.0.0.1');
  ending.push(mailbox.close);
  for (const zone of ['a', 'b', 'c']) await store.registerZone(zone, { controller: `${zone}:1` });
  await store.applyService(
    aService({ people: people(), channels: { ...aService().channels, email: emailTo(mailbox.port) } }),
  );
  for (const [slot, site] of names.entries()) {
    const notify = slot < AGENCIES * SITES_OF_ONE ? [] : [`owner@${site}.example.org`];
    cluster.sites.set(site, { spec: aSpec(site, { plan: 'elite-plus', notify }), slot });
    cluster.placements.set(site, firstPlacement(site, 'a', clock.wall()));
  }
  for (const zone of ['b', 'c']) {
    const own = openMemoryStore(cluster, { clock });
    const notify = startNotifyLoop({ zone, clock, log, store: own, state, clusterKey: 'for nothing but this test' });
    ending.unshift(notify.stop);
  }
}, 120_000);
afterAll(async () => {
  for (const end of ending) await end();
});

const emailTo = (port: number) => ({
  ...{
    host: '127.0.0.1',
    port,
    from: 'status@example.org',
    user: null,
    passwordFile: null,
    secure: false,
    caFile: null,
  },
});

function people(): Person[] {
  const common = { timeZone: 'UTC', language: 'en', quiet: [] };
  const mailTo = (name: string) => [{ channel: 'email' as const, to: `${name}@example.org`, atLeast: 'info' as const }];
  return [
    ...OPERATORS.map((name) => ({ ...common, name, addresses: mailTo(name), sites: ['*'] })),
    ...Array.from({ length: AGENCIES }, (_, at) => ({
      ...{ ...common, name: `Agency ${at}`, addresses: mailTo(`agency-${at}`) },
      sites: names.slice(at * SITES_OF_ONE, (at + 1) * SITES_OF_ONE),
    })),
  ];
}

/** As a controller that has found the zone dark. */
function moved(before: Placement, incident: string, at: number): PlacementChange {
  const { site } = before;
  const epoch = before.epoch + 1;
  const promotion = { ...before.promotion, epoch, from: 'a', open: false };
  const entries = [
    anEntry({ site, at, by: 'controller:b', kind: 'finding', code: 'zone-dark' }),
    anEntry({ site, at, by: 'controller:b', code: 'failover', epoch }),
  ];
  const next = { ...before, epoch, live: 'b', incident, decision: 'failover' as const, committedAt: at, promotion };
  return { expected: before.epoch, next, incident: { id: incident, entries } };
}

it('each person hears once, and of every site of theirs', { timeout: 240_000 }, async () => {
  const before = process.cpuUsage();
  const decidedAt = clock.wall();
  const incident = newIncidentId(decidedAt, 'zone-dark:a');
  await store.commit([...cluster.placements.values()].map((placement) => moved(placement, incident, decidedAt)));
  const { mails } = mailbox;
  await vi.waitFor(() => expect(mails.length).toBeGreaterThanOrEqual(PEOPLE), { timeout: CEILING_MS, interval: 20 });
  const after = mails.map(({ at }) => at - decidedAt).toSorted((one, other) => one - other);
  const { user, system } = process.cpuUsage(before);
  const cpuMs = Math.round((user + system) / 1_000);
  console.error(
    `${PEOPLE} people of ${SITES} sites: the first mail ${after[0]} ms after the decision, half of them ${after[PEOPLE / 2]}, the last ${after.at(-1)}; processor time of both controllers, the store and the mail server ${cpuMs} ms`,
  );
  const waiting = () => store.notices('waiting', { most: 10 });
  await vi.waitFor(async () => expect(await waiting()).toEqual([]), { timeout: CEILING_MS });

  expect(mails).toHaveLength(PEOPLE);
  expect(new Set(mails.map(({ to }) => to[0])).size).toBe(PEOPLE);
  expect(await store.told(incident)).toHaveLength(PEOPLE);
  const subjectsOf = (name: string) =>
    mails.filter(({ to: [address] }) => address!.startsWith(name)).map(({ subject }) => subject);
  for (const name of OPERATORS)
    expect(subjectsOf(name)).toEqual(['10,000 of your sites are being moved to another zone']);
  expect(new Set(subjectsOf('agency'))).toEqual(new Set(['100 of your sites are being moved to another zone']));
  expect(subjectsOf('owner@site-09999')).toEqual(['site-09999 is being moved to zone b']);
});
