/** What every store promises, as one suite over any implementation. Each test uses sites of its own, so that one cluster serves all. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { firstPlacement, type Placement } from '../model/index.ts';
import { accessContract } from './access-contract.ts';
import { claimsContract } from './claims-contract.ts';
import { aDrillResult, aNotice, anEntry, aService, aSpec, aTold, next, recorder } from './fixtures.ts';
import { newIncidentId } from './keys.ts';
import type { Store } from './store.ts';
import { subscribersContract } from './subscribers-contract.ts';

export interface StoreUnderTest {
  /** Another handle on the same cluster. */
  open(): Store;
  /** Closes every handle and the cluster. */
  close(): Promise<void>;
}

const SOON = { timeout: 5_000, interval: 5 };

export function storeContract(name: string, start: () => Promise<StoreUnderTest>): void {
  describe(`${name} keeps the store's contract`, () => {
    let under: StoreUnderTest;
    let store: Store;
    let other: Store;
    beforeAll(async () => {
      under = await start();
      store = under.open();
      other = under.open();
    }, 30_000);
    afterAll(() => under.close());

    let sites = 0;
    /** A site that no other test has. */
    const addSite = async (): Promise<Placement> => {
      sites += 1;
      const site = `site-${sites}`;
      await store.applySite(aSpec(site), 5_000);
      return (await store.placement(site))!;
    };

    test('a new site gets its first placement, secrets and a slot of its own', async () => {
      const one = await store.applySite(aSpec('new-one'), 7_000);
      const two = await other.applySite(aSpec('new-two', { zones: ['c', 'a'] }), 8_000);
      expect(one).toEqual({ spec: aSpec('new-one'), slot: expect.any(Number) });
      expect(two.slot).not.toBe(one.slot);
      expect(await other.placement('new-one')).toEqual(firstPlacement('new-one', 'a', 7_000));
      expect(await store.placement('new-two')).toEqual(firstPlacement('new-two', 'c', 8_000));
      const secrets = await other.secrets('new-one');
      expect(secrets).toEqual(await store.secrets('new-one'));
      expect(new Set([...Object.values(secrets!), ...Object.values((await store.secrets('new-two'))!)]).size).toBe(8);
    });

    test('describing a site again replaces the description and nothing else', async () => {
      const placement = await addSite();
      const secrets = await store.secrets(placement.site);
      const before = await store.applySite(aSpec(placement.site), 1);
      await store.commit([{ expected: 1, next: next(placement, { standby: 'b' }), incident: null }]);
      const after = await other.applySite(aSpec(placement.site, { plan: 'gold' }), 9_999);
      expect(after).toEqual({ spec: aSpec(placement.site, { plan: 'gold' }), slot: before.slot });
      expect(await store.placement(placement.site)).toMatchObject({ epoch: 2, standby: 'b' });
      expect(await store.secrets(placement.site)).toEqual(secrets);
    });

    test('sites added at the same moment get different slots, and one added twice is added once', async () => {
      const names = Array.from({ length: 6 }, (_, index) => `at-once-${index % 5}`);
      const records = await Promise.all(
        names.map((site, index) => (index % 2 ? store : other).applySite(aSpec(site), 1)),
      );
      expect(new Set(records.map((record) => record.slot)).size).toBe(5);
      expect(records[5]).toEqual(records[0]);
    });

    test('what is not there is null', async () => {
      expect(await store.placement('nobody')).toBeNull();
      expect(await store.secrets('nobody')).toBeNull();
      expect(await store.incident(newIncidentId(1, 'nothing'))).toBeNull();
    });

    test('a change is committed when its epoch is expected, and beaten when it is not', async () => {
      const first = await addSite();
      expect(await store.commit([{ expected: 1, next: next(first, { live: 'b' }), incident: null }])).toEqual([
        { outcome: 'committed' },
      ]);
      expect(await other.commit([{ expected: 1, next: next(first, { live: 'c' }), incident: null }])).toEqual([
        { outcome: 'beaten' },
      ]);
      expect(await other.placement(first.site)).toEqual(next(first, { live: 'b' }));
    });

    test('somebody else having written the very same placement is still being beaten', async () => {
      const first = await addSite();
      const change = { expected: 1, next: next(first), incident: null };
      expect(await store.commit([change])).toEqual([{ outcome: 'committed' }]);
      expect(await other.commit([change])).toEqual([{ outcome: 'beaten' }]);
    });

    test('a site that nobody added cannot be placed', async () => {
      const unknown = { ...firstPlacement('unknown', 'a', 1), epoch: 2 };
      expect(await store.commit([{ expected: 1, next: unknown, incident: null }])).toEqual([{ outcome: 'beaten' }]);
      expect(await store.placement('unknown')).toBeNull();
    });

    test('an epoch that does not follow the expected one is a programmer error', async () => {
      const first = await addSite();
      await expect(store.commit([{ expected: 1, next: { ...first, epoch: 3 }, incident: null }])).rejects.toThrow(
        /does not follow/,
      );
    });

    test('of many who commit the same epoch at once exactly one wins', async () => {
      const first = await addSite();
      const handles = [store, other, under.open()];
      const outcomes = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          handles[index % 3]!.commit([{ expected: 1, next: next(first, { decision: `by-${index}` }), incident: null }]),
        ),
      );
      const winners = outcomes.flatMap(([result], index) => (result!.outcome === 'committed' ? [index] : []));
      expect(winners).toHaveLength(1);
      expect(await store.placement(first.site)).toMatchObject({ epoch: 2, decision: `by-${winners[0]}` });
    });

    test('a batch answers each of its changes in their order', async () => {
      const placements = await Promise.all(Array.from({ length: 40 }, () => addSite()));
      await other.commit(
        placements
          .filter((_, index) => index % 4 === 0)
          .map((first) => ({ expected: 1, next: next(first), incident: null })),
      );
      const outcomes = await store.commit(
        placements.map((first) => ({ expected: 1, next: next(first, { live: 'b' }), incident: null })),
      );
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(
        placements.map((_, index) => (index % 4 === 0 ? 'beaten' : 'committed')),
      );
    });

    test('a change and its incident are written together or not at all', async () => {
      const first = await addSite();
      const id = newIncidentId(Date.UTC(2026, 10, 22), `zone-dark:${first.site}`);
      const entries = [
        anEntry({ site: first.site, code: 'zone-dark', kind: 'finding' }),
        anEntry({ site: first.site }),
      ];
      await store.commit([{ expected: 1, next: next(first), incident: { id, entries } }]);
      await other.commit([
        { expected: 1, next: next(first), incident: { id, entries: [anEntry({ site: first.site, code: 'late' })] } },
      ]);
      const incident = await other.incident(id);
      expect(incident?.entries).toEqual(entries);
      expect(incident).toMatchObject({ id, subject: `zone-dark:${first.site}`, sites: [first.site], closedAt: null });
    });

    test('entries are appended once under a key, in the order of their times, and close the incident', async () => {
      const id = newIncidentId(Date.UTC(2026, 10, 23), 'zone-dark:z');
      const action = anEntry({ at: 2_000, site: 's1', kind: 'action', code: 'promote' });
      expect(await store.appendToIncident(id, 's1/b/7/promote', [action])).toBe(true);
      expect(await other.appendToIncident(id, 's1/b/7/promote', [anEntry()])).toBe(false);
      expect(await other.appendToIncident(id, 'first', [anEntry({ at: 1_000, site: 's1' })])).toBe(true);
      expect(await store.incident(id)).toMatchObject({
        openedAt: 1_000,
        closedAt: null,
        entries: [{ at: 1_000 }, action],
      });
      await store.appendToIncident(id, 'end', [anEntry({ at: 3_000, site: 's1', kind: 'result', code: 'protected' })]);
      expect(await store.incident(id)).toMatchObject({ closedAt: 3_000 });
    });

    test('incidents are listed newest first, at most as many as asked for', async () => {
      const ids = [1, 2, 3].map((day) => newIncidentId(Date.UTC(2030, 0, day), `copy-down:a:day${day}`));
      for (const id of ids.toSorted().reverse()) await store.appendToIncident(id, 'note', [anEntry()]);
      expect((await other.incidents(2)).map(({ id }) => id)).toEqual([ids[2], ids[1]]);
      expect((await other.incidents(100)).slice(0, 3).map(({ id }) => id)).toEqual([ids[2], ids[1], ids[0]]);
    });

    test('registering a zone changes only the given fields, whoever does it at the same time', async () => {
      await Promise.all([
        store.registerZone('zone-r', { agent: '10.0.0.1:7100', host: '10.0.0.1', portBase: 7400 }),
        other.registerZone('zone-r', { controller: '10.0.0.1:7000' }),
      ]);
      await store.registerZone('zone-r', { agent: '10.0.0.1:7101' });
      const zone = (await other.read()).zones.find((record) => record.zone === 'zone-r');
      expect(zone).toEqual({
        zone: 'zone-r',
        agent: '10.0.0.1:7101',
        controller: '10.0.0.1:7000',
        host: '10.0.0.1',
        portBase: 7400,
        evacuated: null,
      });
    });

    test('evacuating a zone changes nothing else of it, does not begin anew, and is undone', async () => {
      await store.registerZone('zone-e', { agent: '10.0.0.2:7100', host: '10.0.0.2', portBase: 7400 });
      const record = { zone: 'zone-e', agent: '10.0.0.2:7100', controller: null, host: '10.0.0.2', portBase: 7400 };
      const ada = { at: 5_000, by: 'Ada', why: 'new switches' };
      expect(await other.setEvacuated('zone-e', ada)).toEqual({ ...record, evacuated: ada });
      expect(await store.setEvacuated('zone-e', { at: 6_000, by: 'Grace', why: '' })).toEqual({
        ...record,
        evacuated: ada,
      });
      await store.registerZone('zone-e', { controller: '10.0.0.2:7000' });
      const now = { ...record, controller: '10.0.0.2:7000' };
      expect((await store.read()).zones.find(({ zone }) => zone === 'zone-e')).toEqual({ ...now, evacuated: ada });
      expect(await store.setEvacuated('zone-e', null)).toEqual({ ...now, evacuated: null });
    });

    test('a zone that nobody registered cannot be evacuated', async () => {
      expect(await store.setEvacuated('zone-nobody', { at: 1, by: 'Ada', why: '' })).toBeNull();
      expect((await store.read()).zones.map(({ zone }) => zone)).not.toContain('zone-nobody');
    });

    test('a change is written together with the record of its planned move, beside an incident', async () => {
      const first = await addSite();
      const [incident, journal] = ['copy-down:a', 'move'].map((what) => ({
        id: newIncidentId(Date.UTC(2026, 10, 24), `${what}:${first.site}`),
        entries: [anEntry({ site: first.site, code: what })],
      }));
      await store.commit([{ expected: 1, next: next(first), incident: incident!, journal }]);
      for (const { id, entries } of [incident!, journal!]) expect((await other.incident(id))?.entries).toEqual(entries);
      expect((await other.incidents(100)).map(({ id }) => id)).toContain(journal!.id);
    });

    test('a drill ends together with a change or not at all, and the newest 50 results are kept', async () => {
      let placement = await addSite();
      const { site } = placement;
      expect(await other.drillResults(site)).toEqual([]);
      const drill = aDrillResult({ id: 'beaten' });
      const wrong = { ...next(placement), epoch: 9 };
      expect(await store.commit([{ expected: 8, next: wrong, incident: null, drill }])).toEqual([
        { outcome: 'beaten' },
      ]);
      expect(await other.drillResults(site)).toEqual([]);
      for (let index = 1; index <= 52; index += 1) {
        const following = next(placement);
        const change = { expected: placement.epoch, next: following, incident: null };
        await store.commit([{ ...change, drill: aDrillResult({ id: `drill-${index}` }) }]);
        placement = following;
      }
      const kept = await other.drillResults(site);
      expect(kept.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, index) => `drill-${index + 3}`));
      expect(kept.at(-1)).toEqual(aDrillResult({ id: 'drill-52' }));
    });

    test('everything is read at once', async () => {
      const first = await addSite();
      await store.registerEdge({ edge: 'edge-r', control: '10.0.0.9:7200', visitors: 'http://10.0.0.9' });
      const all = await other.read();
      expect(all.sites.find(({ spec }) => spec.site === first.site)?.spec).toEqual(aSpec(first.site));
      expect(all.placements.find(({ site }) => site === first.site)).toEqual(first);
      expect(all.edges).toContainEqual({ edge: 'edge-r', control: '10.0.0.9:7200', visitors: 'http://10.0.0.9' });
      expect(JSON.stringify(all)).not.toContain((await store.secrets(first.site))!.databasePassword);
    });

    test('a watch begins with everything, is fresh, and then hears each change once', async () => {
      const first = await addSite();
      const listener = recorder();
      const stop = other.watch(listener);
      await vi.waitFor(() => expect(listener.heard).toContainEqual({ kind: 'fresh', fresh: true }), SOON);
      expect(listener.heard[0]).toMatchObject({ kind: 'snapshot', epochs: { [first.site]: 1 } });
      expect(listener.newest()?.sites.some(({ spec }) => spec.site === first.site)).toBe(true);

      let placement = first;
      for (let epoch = 2; epoch <= 6; epoch += 1) {
        const following = next(placement);
        await store.commit([{ expected: placement.epoch, next: following, incident: null }]);
        placement = following;
      }
      await store.applySite(aSpec(first.site, { plan: 'gold' }), 1);
      await store.registerZone('zone-w', { agent: 'x:1' });
      await store.registerEdge({ edge: 'edge-w', control: 'x:2', visitors: 'x' });
      await vi.waitFor(() => expect(listener.heard.at(-1)).toEqual({ kind: 'edge', name: 'edge-w' }), SOON);
      expect(listener.epochsOf(first.site)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(listener.heard).toContainEqual({ kind: 'site', name: first.site });
      expect(listener.heard).toContainEqual({ kind: 'zone', name: 'zone-w' });
      stop();

      const soFar = listener.heard.length;
      const second = recorder();
      const stopSecond = other.watch(second);
      await store.commit([{ expected: 6, next: next(placement), incident: null }]);
      await vi.waitFor(() => expect(second.epochsOf(first.site).at(-1)).toBe(7), SOON);
      stopSecond();
      expect(listener.heard).toHaveLength(soFar);
    });

    test('the service is described once for all, replaced by the next description, and heard of', async () => {
      expect(await store.service()).toBeNull();
      const listener = recorder();
      const stop = other.watch(listener);
      await vi.waitFor(() => expect(listener.heard).toContainEqual({ kind: 'fresh', fresh: true }), SOON);
      expect(listener.newest()?.service ?? null).toBeNull();
      await store.applyService(aService());
      await other.applyService(aService({ name: 'Second' }));
      expect(await store.service()).toEqual(aService({ name: 'Second' }));
      expect((await other.read()).service).toEqual(aService({ name: 'Second' }));
      await vi.waitFor(() => expect(listener.heard.at(-1)).toEqual({ kind: 'service', name: 'Second' }), SOON);
      stop();
    });

    test('an incident is followed by what is new in it', async () => {
      const id = newIncidentId(Date.UTC(2026, 10, 24), 'zone-dark:y');
      expect(await store.incidentSince(id, 0)).toEqual([]);
      await store.appendToIncident(id, 'z-first', [anEntry({ code: 'one' }), anEntry({ code: 'two' })]);
      const [first, ...none] = await other.incidentSince(id, 0);
      expect(none).toEqual([]);
      expect(first?.entries.map(({ code }) => code)).toEqual(['one', 'two']);
      await other.appendToIncident(id, 'a-second', [anEntry({ code: 'three' })]);
      const later = await store.incidentSince(id, first!.order);
      expect(later.map(({ entries }) => entries.map(({ code }) => code))).toEqual([['three']]);
      expect(later[0]!.order).toBeGreaterThan(first!.order);
      expect((await store.incidentSince(id, 0)).map(({ order }) => order)).toEqual([first!.order, later[0]!.order]);
      expect(await store.incidentSince(id, later[0]!.order)).toEqual([]);
      expect(await store.incidentIds(10_000)).toContain(id);
      expect(await store.incidentIds(1)).toHaveLength(1);
    });

    test('a notice is kept once, and so is what it tells', async () => {
      const one = { notice: aNotice('once-1'), told: [aTold('once', 1, 'once-1')] };
      expect(await store.addNotices([one])).toEqual([true]);
      const again = { notice: aNotice('once-1', { text: 'other' }), told: [aTold('once', 9, 'once-1')] };
      const toldAlready = { notice: aNotice('once-2'), told: [aTold('once', 1, 'once-2')] };
      const fresh = { notice: aNotice('once-3'), told: [aTold('once', 2, 'once-3'), aTold('once-more', 1, 'once-3')] };
      expect(await other.addNotices([again, toldAlready, fresh])).toEqual([false, false, true]);
      expect((await other.notice('once-1'))?.value).toEqual(one.notice);
      expect(await other.notice('once-2')).toBeNull();
      expect(await other.told('once')).toEqual([aTold('once', 1, 'once-1'), aTold('once', 2, 'once-3')]);
      expect(await store.told('once-more')).toHaveLength(1);
      expect(await store.told('once-never')).toEqual([]);
    });

    test('of two who keep the same telling at once one does', async () => {
      const attempts = Array.from({ length: 8 }, (_, index) =>
        (index % 2 ? store : other).addNotices([
          { notice: aNotice(`race-${index}`), told: [aTold('race', 1, `race-${index}`)] },
        ]),
      );
      expect((await Promise.all(attempts)).flat().filter((kept) => kept)).toHaveLength(1);
      expect(await store.told('race')).toHaveLength(1);
    });

    test('notices are read by state and in the order of their times', async () => {
      const many = Array.from({ length: 130 }, (_, index) => aNotice(`order-${index}`, { dueAt: 1_000 - index }));
      expect(await store.addNotices(many.map((notice) => ({ notice, told: [] })))).toEqual(many.map(() => true));
      const due = await other.notices('waiting', { until: 899, most: 10 });
      expect(due.map(({ value }) => value.dueAt)).toEqual([871, 872, 873, 874, 875, 876, 877, 878, 879, 880]);
      const all = await other.notices('waiting', { until: 1_000, most: 1_000 });
      expect(all.filter(({ value }) => value.id.startsWith('order-'))).toHaveLength(130);
      expect((await other.notices('waiting', { until: 870, most: 1_000 })).length).toBe(0);
      const newest = await other.notices('waiting', { until: 1_000, most: 1, newestFirst: true });
      expect(newest[0]!.value.dueAt).toBe(1_000);
    });

    test('a notice is changed only by who knows the newest of it', async () => {
      await store.addNotices([{ notice: aNotice('changing', { dueAt: 5_000 }), told: [] }]);
      const known = (await other.notice('changing'))!;
      const claimed = { ...known.value, dueAt: 9_000, attempts: 1 };
      expect((await store.changeNotice(known, claimed))?.value).toEqual(claimed);
      expect(await other.changeNotice(known, { ...known.value, attempts: 2 })).toBeNull();
      const dueIds = async (until: number) =>
        (await other.notices('waiting', { until, most: 1_000 })).map(({ value }) => value.id);
      expect(await dueIds(5_000)).not.toContain('changing');
      expect(await dueIds(9_000)).toContain('changing');
      const newest = (await other.notice('changing'))!;
      expect(newest.value).toEqual(claimed);
      await expect(store.forgetNotice(newest)).rejects.toThrow(/was not sent/);
      const marked = await other.changeNotice(newest, { ...claimed, state: 'sent', sentAt: 9_100 });
      expect(marked).toEqual(await store.notice('changing'));
      expect(await dueIds(9_000)).not.toContain('changing');
      const sent = (await store.notices('sent', { most: 1_000 })).find(({ value }) => value.id === 'changing')!;
      expect(await store.forgetNotice({ ...sent, revision: newest.revision })).toBe(false);
      expect(await store.forgetNotice(sent)).toBe(true);
      expect(await other.notice('changing')).toBeNull();
      expect((await store.notices('sent', { most: 1_000 })).map(({ value }) => value.id)).not.toContain('changing');
    });

    accessContract(() => [store, other]);
    claimsContract(() => [store, other]);
    subscribersContract(() => [store, other]);

    test('what is read or given is a copy', async () => {
      const first = await addSite();
      const given = next(first, { spares: ['c'] });
      await store.commit([{ expected: 1, next: given, incident: null }]);
      given.spares.push('changed-by-the-giver');
      (await store.placement(first.site))!.spares.push('changed-by-a-reader');
      expect((await store.placement(first.site))?.spares).toEqual(['c']);
    });
  });
}
