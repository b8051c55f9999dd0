/** The visitors of the sites: reads and writes come at random, at a given rate, over any of the edges. */
import type { EdgeId, SiteId } from '../../src/model/index.ts';
import type { SimEdge } from './edge/index.ts';
import type { World } from './world.ts';

/** A visitor gives up. */
const PATIENCE_MS = 30_000;

export interface Visitors {
  /** From now on, until `stop`. */
  begin(site: SiteId): void;
  stop(): void;
  /** Requests that have neither been answered nor given up. */
  underWay(): number;
}

export function createVisitors(world: World, edges: ReadonlyMap<EdgeId, SimEdge>): Visitors {
  const random = world.random.fork('visitors');
  const { engine, options } = world;
  const names = [...edges.keys()];
  let stopped = false;
  let nextWrite = 1;
  let underWay = 0;

  const send = (site: SiteId, edge: EdgeId, write: number | null) => {
    const sentAt = engine.now();
    let over = false;
    underWay += 1;
    const end = (tell: () => void) => {
      if (over) return;
      over = true;
      underWay -= 1;
      giveUp.run = null;
      tell();
    };
    const failed = (outcome: 'unknown' | 'refused' | 'timeout' | 'error' | 'edge-gone') =>
      end(() => {
        if (write === null) return world.happened({ kind: 'read-failed', site, edge, outcome, sentAt });
        const told = outcome === 'error' || outcome === 'edge-gone' ? 'refused' : outcome;
        world.happened({ kind: 'write-failed', write, site, outcome: told, sentAt });
      });
    if (write !== null) world.happened({ kind: 'write-sent', write, site, edge });
    const giveUp = engine.after(PATIENCE_MS, () => {
      handle?.abandon();
      failed('timeout');
    });
    const handle = edges.get(edge)!.accept({
      site,
      write,
      end: (result) => {
        if (result.kind === 'failed') return failed(result.outcome);
        end(() => {
          if (write !== null) world.happened({ kind: 'write-acked', write, site, zone: result.zone });
          else world.happened({ kind: 'read-answered', site, zone: result.zone, edge, heldMs: result.heldMs });
        });
      },
    });
    if (handle === null) failed('edge-gone');
  };

  const untilMs = options.clients.untilMs ?? Number.POSITIVE_INFINITY;
  const come = (site: SiteId, perSecond: number, write: boolean) => {
    if (perSecond <= 0) return;
    const next = () => {
      engine.after(random.exponential(1_000 / perSecond), () => {
        if (stopped || engine.now() >= untilMs) return;
        send(site, random.pick(names), write ? nextWrite++ : null);
        next();
      });
    };
    next();
  };

  return {
    begin(site) {
      come(site, options.clients.readsPerSecond, false);
      come(site, options.clients.writesPerSecond, true);
    },
    stop() {
      stopped = true;
    },
    underWay: () => underWay,
  };
}
