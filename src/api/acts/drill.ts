/** Practising with one site: begun, stopped, told beforehand, and how the past ones ended. */
import {
  createPractices,
  type DrillWish,
  type Preview,
  planDrill,
  previewDrill,
  stopDrill,
} from '../../decide/index.ts';
import { HoldfastError } from '../../errors.ts';
import {
  type Drill,
  type DrillResult,
  type Phase,
  type Placement,
  phaseOf,
  type SiteId,
  type ZoneId,
} from '../../model/index.ts';
import { accepted, carryOut, type Desk, type Done, see } from './desk.ts';

/** Of one site. */
export interface DrillsView {
  site: SiteId;
  drill: Drill | null;
  live: ZoneId;
  phase: Phase;
  /** Newest last. */
  results: DrillResult[];
}

/** Asking twice does no harm: the second time it is under way already. @throws HoldfastError, StoreUnavailable */
export function beginDrill(desk: Desk, site: SiteId, wish: DrillWish): Promise<Done> {
  return carryOut(desk, site, wish.by, (placement) => accepted(planDrill(seeDrill(desk, site, placement), wish)));
}

export function endDrill(desk: Desk, site: SiteId, by: string): Promise<Done> {
  return carryOut(desk, site, by, (placement) => {
    const { drill } = placement;
    if (drill === null) throw new HoldfastError('drill-unknown', { site });
    if (drill.stopped !== null) return { kind: 'standing', sentence: `${site} goes home already: ${drill.stopped}.` };
    const plan = stopDrill({ site: { placement }, now: desk.clock.wall() }, `${by} stopped it`);
    if (plan.kind !== 'decision') throw new Error(`stopping the drill of ${site} decided nothing`);
    return plan;
  });
}

export function tellDrill(desk: Desk, site: SiteId, wish: DrillWish): Preview {
  return previewDrill(seeDrill(desk, site), wish);
}

export async function drillsOf({ store }: Pick<Desk, 'store'>, site: SiteId): Promise<DrillsView> {
  const placement = await store.placement(site);
  if (placement === null) throw new HoldfastError('site-unknown', { site });
  // Read after the placement: a drill that is over there has its result here.
  const results = await store.drillResults(site);
  return { site, drill: placement.drill, live: placement.live, phase: phaseOf(placement), results };
}

/** Sites that practise now first, then those that did last. */
export function practised(placements: Iterable<Placement>): SiteId[] {
  const rank = ({ drill, drilledAt }: Placement) => (drill === null ? (drilledAt ?? 0) : Number.MAX_SAFE_INTEGER);
  return [...placements]
    .filter((placement) => rank(placement) > 0)
    .toSorted((one, other) => rank(other) - rank(one))
    .map(({ site }) => site);
}

function seeDrill(desk: Desk, site: SiteId, placement?: Placement) {
  return { ...see(desk, site, placement), practices: createPractices(desk.state.placements) };
}
