/** What every store promises about opening incidents: about one subject one at a time, whoever tries at the same moment with which sites. */
import { describe, expect, test, vi } from 'vitest';
import { firstPlacement, type Placement } from '../model/index.ts';
import { anOpening, aSpec, next, recorder } from './fixtures.ts';
import { newIncidentId } from './keys.ts';
import type { Store } from './store.ts';

const SOON = { timeout: 5_000, interval: 5 };
const AT = Date.UTC(2026, 10, 25);

/** `handles`: two on one cluster. */
export function claimsContract(handles: () => [Store, Store]): void {
  describe('incidents are opened one at a time about one subject', () => {
    let tests = 0;
    /** A subject, incidents about it, and sites, that no other test has. */
    const setUp = async (sites: number) => {
      const [store, other] = handles();
      tests += 1;
      const name = `claim-${tests}`;
      const ids = [0, 1, 2].map((ms) => newIncidentId(AT + ms, `zone-dark:${name}`));
      const names = Array.from({ length: sites }, (_, index) => `${name}-${index}`);
      for (const site of names) await store.applySite(aSpec(site), 1);
      const firsts = names.map((site) => firstPlacement(site, 'a', 1));
      return { store, other, ids, firsts, subject: `zone-dark:${name}` };
    };
    const of = (outcomes: { outcome: string }[]) => [...new Set(outcomes.map(({ outcome }) => outcome))];
    const incidentsOf = async (store: Store, placements: Placement[]) =>
      Promise.all(placements.map(async ({ site }) => (await store.placement(site))!.incident));

    test('of two who open one at the same moment, each for other sites, one does and the other writes nothing', async () => {
      const { store, other, ids, firsts } = await setUp(90);
      const halves = [firsts.slice(0, 45), firsts.slice(45)];
      const outcomes = await Promise.all(
        [store, other].map((handle, index) =>
          handle.commit(halves[index]!.map((first) => anOpening(first, ids[index]!, null))),
        ),
      );
      const winner = outcomes.findIndex((some) => some[0]!.outcome === 'committed');
      expect(outcomes.map(of)).toEqual(winner === 0 ? [['committed'], ['beaten']] : [['beaten'], ['committed']]);
      const incidents = await incidentsOf(store, [...halves[winner]!, ...halves[1 - winner]!]);
      expect(incidents).toEqual([...halves[winner]!.map(() => ids[winner]), ...halves[1 - winner]!.map(() => null)]);
      expect(await other.incident(ids[1 - winner]!)).toBeNull();
      expect((await other.incident(ids[winner]!))?.sites).toHaveLength(45);
      expect(await store.incidentIds(10_000)).not.toContain(ids[1 - winner]);
    });

    test('who was beaten joins, knowing nothing more than the name', async () => {
      const { store, other, ids, firsts } = await setUp(2);
      expect(of(await store.commit([anOpening(firsts[0]!, ids[0]!, null)]))).toEqual(['committed']);
      expect(of(await other.commit([anOpening(firsts[1]!, ids[1]!, null)]))).toEqual(['beaten']);
      const { opens: _, ...joining } = anOpening(firsts[1]!, ids[0]!, null);
      expect(of(await other.commit([joining]))).toEqual(['committed']);
      expect((await store.incident(ids[0]!))?.sites).toEqual(firsts.map(({ site }) => site));
    });

    test('each of its changes still needs its own epoch, and what is committed beside it needs no claim', async () => {
      const { store, other, ids, firsts } = await setUp(90);
      const [late, beside, ...rest] = firsts;
      await other.commit([{ expected: 1, next: next(late!, { live: 'b' }), incident: null }]);
      const outcomes = await store.commit([
        ...rest.slice(0, 20).map((first) => anOpening(first, ids[0]!, null)),
        anOpening(late!, ids[0]!, null),
        { expected: 1, next: next(beside!), incident: null },
        ...rest.slice(20).map((first) => anOpening(first, ids[0]!, null)),
      ]);
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(
        outcomes.map((_, index) => (index === 20 ? 'beaten' : 'committed')),
      );
      expect(await store.placement(late!.site)).toMatchObject({ live: 'b', incident: null });
      const beaten = await other.commit([
        anOpening(next(late!), ids[1]!, null),
        { expected: 2, next: next(next(beside!)), incident: null },
      ]);
      expect(beaten.map(({ outcome }) => outcome)).toEqual(['beaten', 'committed']);
    });

    test('the next one is opened by who knows the newest, also when nothing came of that', async () => {
      const { store, other, ids, firsts } = await setUp(3);
      const stale = { ...firsts[0]!, epoch: 7 };
      expect(of(await store.commit([anOpening(stale, ids[0]!, null)]))).toEqual(['beaten']);
      expect(of(await other.commit([anOpening(firsts[0]!, ids[1]!, null)]))).toEqual(['beaten']);
      expect(of(await other.commit([anOpening(firsts[0]!, ids[1]!, ids[0]!)]))).toEqual(['committed']);
      expect(of(await store.commit([anOpening(firsts[1]!, ids[2]!, ids[0]!)]))).toEqual(['beaten']);
      expect(of(await store.commit([anOpening(firsts[1]!, ids[2]!, ids[1]!)]))).toEqual(['committed']);
    });

    test('incidents about different subjects do not know of each other, in one call or in two', async () => {
      const one = await setUp(2);
      const two = await setUp(2);
      const outcomes = await one.store.commit([
        anOpening(one.firsts[0]!, one.ids[0]!, null),
        anOpening(two.firsts[0]!, two.ids[0]!, null),
      ]);
      expect(of(outcomes)).toEqual(['committed']);
      const later = await one.other.commit([
        anOpening(one.firsts[1]!, one.ids[1]!, null),
        anOpening(two.firsts[1]!, two.ids[1]!, two.ids[0]!),
      ]);
      expect(later.map(({ outcome }) => outcome)).toEqual(['beaten', 'committed']);
    });

    test('a watch hears of the claim, and never before what was committed with it', async () => {
      const { store, other, ids, firsts, subject } = await setUp(2);
      const listener = recorder();
      const stop = other.watch(listener);
      await vi.waitFor(() => expect(listener.heard).toContainEqual({ kind: 'fresh', fresh: true }), SOON);
      await store.commit(firsts.map((first) => anOpening(first, ids[0]!, null)));
      await vi.waitFor(() => expect(listener.heard).toContainEqual({ kind: 'claim', name: ids[0] }), SOON);
      const claimed = listener.heard.findIndex(({ kind }) => kind === 'claim');
      for (const { site } of firsts)
        expect(listener.heard.slice(0, claimed)).toContainEqual({ kind: 'placement', site, epoch: 2 });
      stop();
      expect((await store.read()).claims).toContainEqual({ subject, incident: ids[0] });
    });

    test('opening what is not its incident, or two at once about one subject, is a programmer error', async () => {
      const { store, ids, firsts } = await setUp(2);
      const opening = anOpening(firsts[0]!, ids[0]!, null);
      await expect(store.commit([{ ...opening, incident: null }])).rejects.toThrow(/cannot be opened/);
      await expect(store.commit([anOpening(firsts[0]!, ids[0]!, ids[0]!)])).rejects.toThrow(/cannot be opened/);
      await expect(store.commit([opening, anOpening(firsts[1]!, ids[1]!, null)])).rejects.toThrow(/at once/);
      expect(await incidentsOf(store, firsts)).toEqual([null, null]);
    });
  });
}
