/**
 * A zone is lost, and two controllers decide in the same moment, each also about sites that the other has not been told of yet: one incident comes
 * of it. The real loops, each with a view of its own, over whichever store.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ControllerLoop, createLoop, TICK_MS } from '../../src/controller/loop.ts';
import type { Placement, Report, SiteId } from '../../src/model/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createLog } from '../../src/platform/log.ts';
import { createManualClock } from '../../src/platform/manual-clock.ts';
import type { StoreUnderTest } from '../../src/store/contract.ts';
import { newIncidentId } from '../../src/store/keys.ts';
import type { Store } from '../../src/store/store.ts';
import { openView, type View } from '../../src/store/view.ts';
import {
  aCopy,
  anAgentReport,
  anEdgeReport,
  aPlacement,
  aProbe,
  aSpec,
  liveDatabase,
  standbyDatabase,
} from './fixtures.ts';

const log = createLog('controller', {}, 'silent');
const SOON = { timeout: 20_000, interval: 20 };
/** Enough for several transactions of either. */
const SITES = Array.from({ length: 100 }, (_, index) => `shop-${String(index).padStart(3, '0')}`);
const EPOCH = 2;

interface Controller {
  loop: ControllerLoop;
  view: View;
  /** One turn with what is reported now; its commits have been answered when it resolves. */
  turn(reports: Report[]): Promise<void>;
}

export function onlyOneIncidentOver(name: string, start: () => Promise<StoreUnderTest>): void {
  describe(`two controllers over ${name}`, () => {
    let under: StoreUnderTest;
    let store: Store;
    beforeAll(async () => {
      under = await start();
      store = under.open();
      for (const site of SITES) await store.applySite(aSpec({ site }), 1_000);
      const changes = SITES.map((site) => ({ expected: 1, next: aPlacement({ site, epoch: EPOCH }), incident: null }));
      await store.commit(changes);
    }, 60_000);
    afterAll(() => under.close());

    it('that decide in the same moment about different sites open one incident', async () => {
      const controllers = [
        aController('b', under.open(), SITES.slice(0, 60)),
        // By a clock of its own, so that it would give the incident another name.
        aController('c', under.open(), SITES.slice(40), 3),
      ];
      const all = (reports: Report[]) => Promise.all(controllers.map(({ turn }) => turn(reports)));
      const placements = () => Promise.all(SITES.map(async (site) => (await store.placement(site))!));
      for (const { view } of controllers)
        await vi.waitFor(
          () => expect([...view.placements.values()].filter(isProtected)).toHaveLength(SITES.length),
          SOON,
        );

      for (let turn = 0; turn < 20; turn += 1) await all(quiet());
      expect((await placements()).every(isProtected)).toBe(true);
      await vi.waitFor(async () => {
        await all(aIsSilent());
        expect((await placements()).map(({ incident }) => incident)).not.toContain(null);
      }, SOON);

      const incidents = new Set((await placements()).map(({ incident }) => incident));
      expect(incidents.size).toBe(1);
      expect(await store.incidentIds(10)).toEqual([...incidents]);
      const [incident] = await store.incidents(10);
      expect(incident!.sites).toEqual(SITES);
      const movers = incident!.entries.filter(({ code }) => code === 'failover').map(({ by }) => by);
      expect(new Set(movers)).toEqual(new Set(['controller:b', 'controller:c']));
      expect(movers).toHaveLength(SITES.length);
      for (const { view } of controllers) await view.close();
    });
  });
}

const isProtected = ({ epoch }: Placement) => epoch === EPOCH;

/** `known`: the other sites have not been described to it yet. */
function aController(zone: string, store: Store, known: SiteId[], clockAheadMs = 0): Controller {
  const clock = createManualClock();
  clock.stall(clockAheadMs);
  const view = openView({ store, clock: systemClock, cacheFile: null, log });
  const state = {
    get sites() {
      return new Map(known.flatMap((site) => (view.sites.has(site) ? [[site, view.sites.get(site)!]] : [])));
    },
    placements: view.placements,
    claims: view.claims,
  };
  const settings = { falseAlarmsPerYear: 0.1 };
  const loop = createLoop({ zone, clock, log, store, state, settings, naming: newIncidentId });
  let sequence = 0;
  return {
    loop,
    view,
    turn: async (reports) => {
      clock.stall(TICK_MS);
      sequence += 1;
      for (const report of reports) loop.hear({ ...report, sequence });
      await loop.tick();
    },
  };
}

const copies = (database: ReturnType<typeof liveDatabase>) =>
  SITES.map((site) => aCopy({ site, epoch: EPOCH, database }));

const quiet = (): Report[] => [
  anAgentReport('a', { copies: copies(liveDatabase()) }),
  anAgentReport('b', { copies: copies(standbyDatabase()) }),
  anAgentReport('c'),
  anEdgeReport(),
];

function aIsSilent(forMs = 700): Report[] {
  const dark = aProbe('a', { answeredAgoMs: forMs, failure: 'timeout' });
  return [
    anAgentReport('b', { copies: copies(standbyDatabase({ heardAgoMs: forMs - 10 })), probes: [dark, aProbe('c')] }),
    anAgentReport('c', { probes: [dark, aProbe('b')] }),
    anEdgeReport({ probes: [dark, aProbe('b'), aProbe('c')] }),
  ];
}
