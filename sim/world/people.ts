/** People who look after the sites: at given times they ask whichever controller answers for what they want, as its API would do it. */
import type { SiteId, ZoneId } from '../../src/model/index.ts';
import { StoreUnavailable } from '../../src/store/store.ts';
import type { SimMs } from '../trace.ts';
import type { Answer, Asking } from './desk.ts';
import { crash } from './program.ts';
import type { World } from './world.ts';

export type Want =
  /** The site is to live in that zone. */
  | { want: 'move'; site: SiteId; to: ZoneId; drainMs: number | null }
  | { want: 'call-off'; site: SiteId }
  /** What only the live copy has is given up; asked for only while that one does not run and nobody is in sync. */
  | { want: 'accept-loss'; site: SiteId; to: ZoneId }
  /** A site that asks first may be moved; said again and again for `forMs`, until there was something to say it to. */
  | { want: 'approve'; site: SiteId; forMs: SimMs }
  | { want: 'evacuate' | 'return'; zone: ZoneId }
  /** The site is sold site disaster recovery, or has it no more. */
  | { want: 'plan'; site: SiteId; protect: boolean };

export type WishAt = Want & { at: SimMs };

/** Who was not answered asks the next controller, and after a while all of them again. */
const AGAIN_MS = 1_000;
const MOST_TIMES = 5;

export function playPeople(world: World, wishes: readonly WishAt[]): void {
  for (const { at, ...want } of wishes) {
    const lastAt = want.want === 'approve' ? at + want.forMs : at + MOST_TIMES * AGAIN_MS;
    world.engine.at(at, () => attempt(world, want as Want, lastAt));
  }
}

function attempt(world: World, want: Want, lastAt: SimMs): void {
  const again = () => {
    if (world.engine.now() + AGAIN_MS <= lastAt) world.engine.after(AGAIN_MS, () => attempt(world, want, lastAt));
  };
  if (want.want === 'accept-loss' && !isLossSensible(world, want.site)) {
    again();
    return;
  }
  const asking = toAsking(world, want);
  const zone = world.zones.find((one) => world.seats.of('controller', one).process?.state() === 'running');
  const answer = zone === undefined ? null : (world.controllers.get(zone)?.ask(asking) ?? null);
  if (answer === null) {
    again();
    return;
  }
  const told = ({ status, sentence }: Answer) => {
    const of = `controller:${zone}`;
    const about = 'site' in want ? want.site : `zone ${want.zone}`;
    if (want.want !== 'approve' || status === 200)
      world.happened({ kind: 'asked', want, of, about, status, outcome: sentence });
    if (want.want === 'approve' ? status !== 200 : status >= 500) again();
  };
  world.engine.stir();
  answer.then(told).catch((error: Error) => {
    if (error instanceof StoreUnavailable) told({ status: 503, sentence: error.message });
    else crash(world, error);
  });
}

/** Nobody gives up what can be had by waiting. */
function isLossSensible({ store, server }: World, site: SiteId): boolean {
  const placement = store.cluster.placements.get(site);
  if (placement === undefined || !placement.promotion.open) return false;
  const runs = (zone: ZoneId | null) => zone !== null && server(site, zone)?.running() === true;
  return !runs(placement.live) && (!placement.inSync || !runs(placement.standby));
}

function toAsking({ specs }: World, want: Want): Asking {
  if (want.want === 'plan') {
    const described = specs.find(({ site }) => site === want.site)!;
    return { want: 'plan', spec: { ...described, disasterRecovery: want.protect ? null : false } };
  }
  return want.want === 'accept-loss' ? { ...want, drainMs: null } : want;
}
