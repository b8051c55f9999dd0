/** The agent that streams a backup of its copy to another zone: one at a time for each site. */
import type { SiteId, ZoneId } from '../../../src/model/index.ts';
import type { World } from '../world.ts';
import type { Donor } from './build.ts';

/** By site and donor: who is being streamed to. */
const underWay = new WeakMap<object, Map<string, object>>();

/** Throws when there is nothing to copy from. */
export function openDonor(world: World, site: SiteId, from: ZoneId, to: ZoneId): Donor {
  const { net, seats } = world;
  const agent = seats.of('agent', from).process;
  const server = world.server(site, from);
  if (agent === null) throw new Error('connect ECONNREFUSED');
  if (net.isCut(from, to) || net.isCut(to, from)) throw new Error(`${from} does not answer`);
  const busy = underWay.get(world) ?? new Map<string, object>();
  underWay.set(world, busy);
  const key = `${site}@${from}`;
  if (server === null || !server.running() || busy.has(key)) throw new Error(`${from} gives no backup`);
  const stream = {};
  busy.set(key, stream);
  const close = () => {
    if (busy.get(key) === stream) busy.delete(key);
  };
  // A connection of which either end is gone is no longer streamed to.
  agent.onEnd(close);
  seats.of('agent', to).process?.onEnd(close);
  const lives = () => agent.state() !== 'ended' && server.process.state() !== 'ended';
  return {
    state() {
      if (!lives()) return 'gone';
      const flows = agent.state() === 'running' && server.running() && !net.isCut(from, to) && !net.isCut(to, from);
      return flows ? 'flowing' : 'silent';
    },
    dir: () => server.dir,
    close,
  };
}
