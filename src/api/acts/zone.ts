/**
 * A person takes every site out of a zone, or gives it back. The zone's record says so; every site's move follows from that, decided by
 * whichever controllers are there.
 */
import { planOrder, previewLeaving } from '../../decide/index.ts';
import { findingSentence } from '../../detect/index.ts';
import { HoldfastError } from '../../errors.ts';
import type { Placement, SiteId, ZoneId, ZoneRecord } from '../../model/index.ts';
import { toChange } from '../../record/journal.ts';
import type { PlacementChange } from '../../store/store.ts';
import { type Desk, see } from './desk.ts';

const SITES_AT_ONCE = 200;

export interface ZoneAnswer {
  sentence: string;
  /** Sites that are concerned: that live in the zone, or that were ordered home. */
  sites: SiteId[];
  /** Why some are not moved, by site; those are to be asked about again later. */
  refused: { site: SiteId; sentence: string; code: string }[];
}

export interface ZoneWish {
  zone: ZoneId;
  by: string;
  why: string;
}

/** @throws HoldfastError `zone-unknown`, StoreUnavailable */
export async function evacuate(desk: Desk, { zone, by, why }: ZoneWish): Promise<ZoneAnswer> {
  const record = await desk.store.setEvacuated(zone, { at: desk.clock.wall(), by, why });
  if (record === null) throw new HoldfastError('zone-unknown', { zone });
  const sites = livingIn(desk, zone);
  const sentence = `${record.evacuated?.by} takes every site out of zone ${zone}: ${sites.length} live there.`;
  return { sentence, sites, refused: [] };
}

/** Where each would go, as of now. @throws HoldfastError `controller-behind` */
export async function tellEvacuate(desk: Desk, { zone, by, why }: ZoneWish): Promise<ZoneAnswer> {
  const evacuated = { at: desk.clock.wall(), by, why };
  const answer: ZoneAnswer = { sentence: '', sites: livingIn(desk, zone), refused: [] };
  const arrivals = new Map<ZoneId, number>();
  for (const [at, site] of answer.sites.entries()) {
    await breathe(desk, at);
    const told = previewLeaving(withZone(see(desk, site), zone, evacuated));
    if (told.refusal !== null) answer.refused.push({ site, sentence: told.sentence, code: told.refusal });
    if (told.to !== null) arrivals.set(told.to, (arrivals.get(told.to) ?? 0) + 1);
  }
  const where = [...arrivals].map(([to, count]) => `${count} to zone ${to}`).join(', ');
  answer.sentence = `${answer.sites.length} sites live in zone ${zone}${where === '' ? '' : `: ${where} would move, one after the other, each without a failed request`}; no standby would be left there.`;
  return answer;
}

/** Orders home, in one go, every site whose newest move led out of the zone by its evacuation. Asking twice does no harm. */
export async function giveBack(desk: Desk, wish: ZoneWish): Promise<ZoneAnswer> {
  const { zone, by } = wish;
  if ((await desk.store.setEvacuated(zone, null)) === null) throw new HoldfastError('zone-unknown', { zone });
  const at = desk.clock.wall();
  const leftIt = thatLeft(desk, zone);
  const answer: ZoneAnswer = { sentence: '', sites: [], refused: [] };
  const changes: PlacementChange[] = [];
  for (const [index, placement] of leftIt.entries()) {
    await breathe(desk, index);
    const plan = planHome(desk, placement, { ...wish, at });
    if (plan.kind === 'decision') {
      const author = { by: `person:${by}`, at, sentenceOf: findingSentence };
      changes.push(toChange(plan, placement, author, desk.naming));
    } else if (plan.kind === 'standing') answer.sites.push(placement.site);
    else answer.refused.push({ site: placement.site, sentence: plan.refusal.sentence, code: plan.refusal.code });
  }
  const outcomes = await desk.store.commit(changes);
  for (const [index, { next }] of changes.entries()) {
    if (outcomes[index]?.outcome === 'committed') answer.sites.push(next.site);
    else answer.refused.push({ site: next.site, sentence: `Others were deciding about ${next.site}.`, code: 'beaten' });
  }
  answer.sentence = `Zone ${zone} is given back; ${answer.sites.length} of ${leftIt.length} sites that were taken out of it go home.`;
  return answer;
}

export async function tellGiveBack(desk: Desk, wish: ZoneWish): Promise<ZoneAnswer> {
  const leftIt = thatLeft(desk, wish.zone);
  const refused: ZoneAnswer['refused'] = [];
  for (const [index, placement] of leftIt.entries()) {
    await breathe(desk, index);
    const plan = planHome(desk, placement, { ...wish, at: desk.clock.wall() });
    if (plan.kind === 'refusal')
      refused.push({ site: placement.site, sentence: plan.refusal.sentence, code: plan.refusal.code });
  }
  const sentence = `Zone ${wish.zone} would be in use again, and ${leftIt.length - refused.length} of ${leftIt.length} sites that were taken out of it would go home.`;
  return { sentence, sites: leftIt.map(({ site }) => site), refused };
}

/** A controller that looks at ten thousand sites for a person goes on with its own work in between. */
async function breathe({ clock }: Desk, at: number): Promise<void> {
  if (at % SITES_AT_ONCE === SITES_AT_ONCE - 1) await clock.sleep(0);
}

function livingIn({ state }: Desk, zone: ZoneId): SiteId[] {
  return [...state.placements.values()].filter(({ live }) => live === zone).map(({ site }) => site);
}

function thatLeft({ state }: Desk, zone: ZoneId): Placement[] {
  return [...state.placements.values()].filter(
    ({ live, moves }) => live !== zone && moves.at(-1)?.order?.kind === 'evacuate' && moves.at(-1)?.from === zone,
  );
}

function planHome(desk: Desk, placement: Placement, { zone, by, why, at }: ZoneWish & { at: number }) {
  // This controller may not have been told yet that the zone is in use again.
  const asked = withZone(see(desk, placement.site, placement), zone, null);
  return planOrder(asked, { kind: 'return', to: zone, by, why, drainMs: null, at });
}

/** The same world, but for whether the zone is to be empty. */
function withZone(seen: ReturnType<typeof see>, zone: ZoneId, evacuated: ZoneRecord['evacuated']) {
  const zones = new Map(seen.world.zones);
  const known = zones.get(zone);
  if (known !== undefined) zones.set(zone, { ...known, evacuated });
  return { ...seen, world: { ...seen.world, zones } };
}
