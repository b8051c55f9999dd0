/** The agent that streams a backup of its copy to another zone: one at a time for each site. */
import type { SiteId, ZoneId } from '../../../src/model/index.ts';
import type { World } from '../world.ts';
import type { Donor } from './actions.ts';

const underWay = new WeakMap<object, Set<string>>();

/** Throws when there is nothing to copy from. */
export function openDonor(world: World, site: SiteId, from: ZoneId, to: ZoneId): Donor {
  const { net, seats } = world;
  const agent = seats.of('agent', from).process;
  const server = world.server(site, from);
  if (agent === null) throw new Error('connect ECONNREFUSED');
  if (net.isCut(from, to) || net.isCut(to, from)) throw new Error(`${from} does not answer`);
  const busy = underWay.get(world) ?? new Set();
  underWay.set(world, busy);
  const key = `${site}@${from}`;
  if (server === null || !server.running() || busy.has(key)) throw new Error(`${from} gives no backup`);
  busy.add(key);
  const lives = () => agent.state() !== 'ended' && server.process.state() !== 'ended';
  return {
    state() {
      if (!lives()) return 'gone';
      const flows = agent.state() === 'running' && server.running() && !net.isCut(from, to) && !net.isCut(to, from);
      return flows ? 'flowing' : 'silent';
    },
    dir: () => server.dir,
    close: () => busy.delete(key),
  };
}
