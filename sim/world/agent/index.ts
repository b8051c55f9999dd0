/** The agent of a zone: makes placements true there, and tells every controller what it sees. */
import { createNewsWatch } from '../../../src/agent/news.ts';
import { type AgentReport, roleOf, type SiteId, type ZoneId } from '../../../src/model/index.ts';
import type { Snapshot } from '../../../src/store/store.ts';
import { openView } from '../../../src/store/view.ts';
import { hostOf } from '../database/address.ts';
import { createSimProber } from '../prober.ts';
import type { Process } from '../process.ts';
import { keepRegistering, keepView, keptOf, storeOf } from '../program.ts';
import { createSimPusher } from '../pusher.ts';
import { silentLog, type World } from '../world.ts';
import { createSimCopy, type SimCopy } from './copy.ts';

const FIND_EVERY_MS = 1_000;
export const PORT_BASE = 7400;
const ROOM = { cores: 4, cpuBusy: 0.1, memoryAvailableBytes: 6e9, memoryTotalBytes: 8e9, machine: '' };

export function createAgent(world: World, zone: ZoneId): { boot(): void } {
  const seat = world.seats.of('agent', zone);
  let kept: Snapshot | null = null;

  const start = (process: Process) => {
    const { clock } = process;
    const store = storeOf(world, process);
    const view = openView({ store: keptOf(store, kept), clock, cacheFile: null, log: silentLog() });
    keepView(process, view, (snapshot) => {
      kept = snapshot;
    });
    const copies = new Map<SiteId, SimCopy>();
    const ofInterest = (site: SiteId) => {
      const placement = view.placements.get(site);
      if (placement === undefined || !view.sites.get(site)?.spec.zones.includes(zone)) return false;
      return roleOf(placement, zone) !== 'none' || world.disk(site, zone).folder;
    };
    const find = (sites: Iterable<SiteId>) => {
      for (const site of sites)
        if (!copies.has(site) && ofInterest(site)) copies.set(site, createSimCopy(world, process, view, site, zone));
    };
    view.onChange((sites) => {
      find(sites);
      for (const site of sites) copies.get(site)?.look();
    });
    clock.every(FIND_EVERY_MS, () => find(view.sites.keys()));
    find(view.sites.keys());
    keepRegistering(world, process, () =>
      store.registerZone(zone, { agent: `${zone}:agent`, host: hostOf(zone), portBase: PORT_BASE }),
    );

    const prober = createSimProber(world, process, () => view.zones.keys());
    const incarnation = `agent-${zone}-${world.nextId()}`;
    let sequence = 0;
    const report = (): AgentReport => ({
      kind: 'agent',
      zone,
      incarnation,
      sequence: ++sequence,
      probes: prober.probes(),
      copies: [...copies.values()].map((copy) => copy.report()).filter((copy) => copy !== null),
      room: ROOM,
    });
    const pusher = createSimPusher(world, process, () => controllersOf(view.zones.values()), report);
    const copyReport = (site: SiteId) => copies.get(site)?.report() ?? null;
    const news = createNewsWatch({ clock, placements: view.placements, report: copyReport, tell: pusher.soon });
    view.onChange(news.changed);
    news.changed(view.sites.keys());
  };

  seat.boot = () => {
    const process = world.seats.spawn(seat);
    if (process !== null) start(process);
  };
  return { boot: seat.boot };
}

export function controllersOf(zones: Iterable<{ zone: ZoneId; controller: string | null }>): ZoneId[] {
  const found: ZoneId[] = [];
  for (const { zone, controller } of zones) if (controller !== null) found.push(zone);
  return found;
}
