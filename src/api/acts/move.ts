/** A person's orders about one site: moved by plan, called off, or told beforehand. Asking twice does no harm. */
import { callOff, type Preview, planOrder, previewMove, type Wish } from '../../decide/index.ts';
import { HoldfastError } from '../../errors.ts';
import type { SiteId } from '../../model/index.ts';
import { accepted, carryOut, type Desk, type Done, see } from './desk.ts';

/** What people ask for by themselves; the other kinds are the platform's own. */
export const MOVE_KINDS = ['move', 'accept-loss'] as const;

/** @throws HoldfastError `order-refused` and those of `carryOut`; StoreUnavailable */
export function orderMove(desk: Desk, site: SiteId, wish: Wish): Promise<Done> {
  return carryOut(desk, site, wish.by, (placement) => accepted(planOrder(see(desk, site, placement), wish)));
}

/** @throws HoldfastError `order-unknown` */
export function callOffMove(desk: Desk, site: SiteId, by: string): Promise<Done> {
  return carryOut(desk, site, by, (placement) => {
    if (placement.order === null) throw new HoldfastError('order-unknown', { site });
    const plan = callOff({ placement }, `${by} called it off`, desk.clock.wall());
    if (plan.kind !== 'decision') throw new Error(`calling off the move of ${site} decided nothing`);
    return plan;
  });
}

/** @throws HoldfastError `zone-unknown` for a zone that is none of the site's */
export function tellMove(desk: Desk, site: SiteId, wish: Wish): Preview {
  const seen = see(desk, site);
  if (!seen.site.spec.zones.includes(wish.to)) throw new HoldfastError('zone-unknown', { zone: wish.to });
  return previewMove(seen, wish);
}
