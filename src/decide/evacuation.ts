/** Taking every site out of a zone: each one that lives there is ordered to another, and no standby is left there. */
import type { ZoneId } from '../model/index.ts';
import type { Circumstances } from './circumstances.ts';
import { servesNobody } from './findings.ts';
import type { Objection } from './move.ts';
import { type Asked, planOrder } from './order.ts';
import { decision, NOTHING, type Outcome, refuse } from './outcome.ts';
import { addSpare, zonesForSpare } from './spares.ts';
import { followers } from './standby.ts';
import { mayHoldRole, type World } from './world.ts';

/** A move out of an evacuated zone that was called off is ordered again after so long. */
const AGAIN_MS = 10_000;

function isEvacuated(world: World, zone: ZoneId | null): boolean {
  return zone !== null && (world.zones.get(zone)?.evacuated ?? null) !== null;
}

/** A site that is served badly does not move into a zone that is meant to be empty; one that nobody serves does. */
export function toEvacuated(move: Parameters<Objection>[0]): ReturnType<Objection> {
  const { site, world, to, because } = move;
  const evacuated = world.zones.get(to)?.evacuated ?? null;
  if (evacuated === null || (because !== null && servesNobody(because))) return null;
  const sentence = `${site.placement.site} does not move to zone ${to}: ${evacuated.by} has taken every site out of it.`;
  return refuse(site, 'zone-evacuated', sentence, because);
}

/** The site lives in a zone that is to be empty, and nothing is under way for it. */
export function livesEvacuated({ site, world }: Pick<Circumstances, 'site' | 'world'>): boolean {
  const { live, order, drill } = site.placement;
  return order === null && drill === null && isEvacuated(world, live);
}

/** The standby is in such a zone: a site that lives elsewhere gets another. */
export function standsEvacuated({ site, world }: Pick<Circumstances, 'site' | 'world'>): boolean {
  const { live, standby, order, drill } = site.placement;
  return order === null && drill === null && isEvacuated(world, standby) && !isEvacuated(world, live);
}

/** Its standby's zone first, then one that follows already, then one in which a copy has to be built. */
export function orderOut(circumstances: Asked): Outcome {
  const { site, world } = circumstances;
  const { site: name, live, standby, decision: newest } = site.placement;
  const evacuated = world.zones.get(live)?.evacuated ?? null;
  if (evacuated === null) return NOTHING;
  if (newest === 'call-off' && site.epochForMs < AGAIN_MS) return NOTHING;
  const able = [standby, ...followers(site, world), ...zonesForSpare(site, world), ...site.placement.spares];
  const to = able.find((zone) => zone !== null && mayHoldRole(world, zone));
  if (to == null) {
    const sentence = `${name} cannot leave zone ${live}: no other zone of ${site.spec.zones.join(', ')} is healthy and in use.`;
    return refuse(site, 'zone-evacuated', sentence, null);
  }
  const { by, why, at } = evacuated;
  const outcome = planOrder(circumstances, { kind: 'evacuate', to, by, why, drainMs: null, at });
  return outcome.kind === 'standing' ? NOTHING : outcome;
}

/** Grow first: another copy follows before the standby changes places with it; so it is exposed for a moment only. */
export function replaceStandby(circumstances: Circumstances): Outcome {
  const { site, world, now } = circumstances;
  const { site: name, standby, spares, inSync } = site.placement;
  const following = followers(site, world);
  const to = following[0] ?? (inSync ? undefined : zonesForSpare(site, world)[0]);
  if (to !== undefined && standby !== null) {
    const rest = spares.filter((zone) => zone !== to);
    const sentence = `${name} gets its standby in zone ${to} instead of zone ${standby}, which has been evacuated.`;
    return decision(site, 'choose-standby', now, { standby: to, spares: [...rest, standby], inSync: false }, sentence);
  }
  const zone = zonesForSpare(site, world)[0];
  if (zone !== undefined) return addSpare(circumstances, zone, `for its standby in zone ${standby} has to go`);
  if (spares.some((spare) => mayHoldRole(world, spare))) return NOTHING;
  const sentence = `${name} keeps its standby in the evacuated zone ${standby}: no other zone of ${site.spec.zones.join(', ')} is healthy and in use.`;
  return refuse(site, 'zone-evacuated', sentence, null);
}
