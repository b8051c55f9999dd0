/**
 * How far a fault reaches: what it makes legitimate. The checkers demand something only where no fault stands in the way of it,
 * and excuse a move only by a fault that could be its reason.
 */
import type { SiteId, ZoneId } from '../../src/model/index.ts';
import type { Fault, Place, Target } from '../world/faults.ts';
import type { FaultStretch } from './history.ts';

export const ZONES: readonly ZoneId[] = ['a', 'b', 'c'];
const PLACES: readonly Place[] = [...ZONES, 'edge-1', 'edge-2'];

type NetworkFault = Extract<Fault, { from: readonly Place[] | '*' }>;

/** Neither visitors nor observers can be hurt by it: it must change nothing at all. */
export function isMild(fault: Fault): boolean {
  switch (fault.verb) {
    case 'duplicate':
    case 'clock-jump':
    case 'drift':
      return true;
    case 'reorder':
      return fault.jitterMs <= 100;
    case 'delay':
      return fault.addedMs + fault.jitterMs <= 20;
    case 'slow-store':
      return fault.addedMs <= 50;
    default:
      return false;
  }
}

export function serious(faults: FaultStretch[]): FaultStretch[] {
  return faults.filter(({ fault }) => !isMild(fault));
}

/** The zone that is lost as a whole by it: dead, standing still, or cut off from everybody both ways. */
export function zoneLostBy(fault: Fault): ZoneId | null {
  if (fault.verb === 'crash' || fault.verb === 'pause') return fault.target.kind === 'zone' ? fault.target.zone : null;
  if (fault.verb !== 'cut' || fault.ways !== 'both') return null;
  const [from, to] = sidesOf(fault);
  for (const [side, rest] of [
    [from, to],
    [to, from],
  ] as const) {
    const zone = side[0];
    if (side.length === 1 && ZONES.includes(zone!) && rest.length === PLACES.length - 1) return zone!;
  }
  return null;
}

/**
 * Whether everybody outside `zone` goes on among themselves as if nothing were wrong, as far as placements are concerned (an
 * edge that is cut off or dead holds no placement up).
 */
export function isConfinedTo(zone: ZoneId, fault: Fault): boolean {
  if (isMild(fault)) return true;
  if (isNetwork(fault)) return sidesOf(fault).some((side) => side.every((place) => place === zone || isEdge(place)));
  switch (fault.verb) {
    case 'crash':
    case 'pause':
      return zoneOf(fault.target) === zone || zoneOf(fault.target) === null;
    case 'slow-disk':
    case 'disk-full':
    case 'app-errors':
    case 'app-hang':
      return fault.zone === zone;
    case 'slow-store':
      return fault.place === zone || (fault.place !== null && isEdge(fault.place));
    default:
      return false;
  }
}

/** What a fault can be to a site that leaves `zone` for its standby. */
export type Blame =
  /** It can be a good reason. */
  | { kind: 'cause' }
  /** It makes one observer see ill of the zone, and nobody else. */
  | { kind: 'observer'; observer: string }
  /** It hurts other sites there. */
  | { kind: 'other-site'; site: SiteId }
  | { kind: 'nothing' };

const CAUSE: Blame = { kind: 'cause' };
const NOTHING: Blame = { kind: 'nothing' };

export function blameOf(fault: Fault, site: SiteId, zone: ZoneId, standby: ZoneId): Blame {
  if (isMild(fault)) return NOTHING;
  if (isNetwork(fault)) return blameOfNetwork(fault, zone, standby);
  switch (fault.verb) {
    case 'crash':
    case 'pause':
      return blameOfProcess(fault.target, site, zone);
    case 'slow-disk':
    case 'disk-full':
      // The standby's disk is in the way of every commit: visitors of the live copy suffer from it.
      if (fault.zone !== zone && fault.zone !== standby) return NOTHING;
      return fault.site === null || fault.site === site ? CAUSE : { kind: 'other-site', site: fault.site };
    case 'app-errors':
    case 'app-hang':
      if (fault.zone !== zone) return NOTHING;
      return fault.site === site ? CAUSE : { kind: 'other-site', site: fault.site };
    default:
      return NOTHING;
  }
}

function blameOfProcess(target: Target, site: SiteId, zone: ZoneId): Blame {
  switch (target.kind) {
    case 'zone':
      return target.zone === zone ? CAUSE : NOTHING;
    case 'database':
    case 'application':
      if (target.zone !== zone) return NOTHING;
      return target.site === site ? CAUSE : { kind: 'other-site', site: target.site };
    case 'agent':
    case 'controller':
      return { kind: 'observer', observer: `${target.kind}:${target.zone}` };
    case 'edge':
    case 'data-plane':
      return { kind: 'observer', observer: target.edge };
    default:
      return NOTHING;
  }
}

function blameOfNetwork(fault: NetworkFault, zone: ZoneId, standby: ZoneId): Blame {
  const [from, to] = sidesOf(fault);
  const far = from.includes(zone) ? to : to.includes(zone) ? from : [];
  if (far.includes(standby)) return CAUSE; // commits wait for what travels on this link
  if (far.length > 1) return CAUSE;
  if (far.length === 1) return { kind: 'observer', observer: far[0]! };
  const observers = [from, to].find((side) => side.length === 1);
  return observers === undefined ? NOTHING : { kind: 'observer', observer: observers[0]! };
}

function isNetwork(fault: Fault): fault is NetworkFault {
  return 'from' in fault;
}

/** Both ends of a network fault, spelt out. */
function sidesOf({ from, to }: NetworkFault): [readonly Place[], readonly Place[]] {
  const but = (others: readonly Place[] | '*') => PLACES.filter((place) => others === '*' || !others.includes(place));
  return [from === '*' ? but(to) : from, to === '*' ? but(from) : to];
}

function isEdge(place: Place): boolean {
  return !ZONES.includes(place);
}

function zoneOf(target: Target): ZoneId | null {
  return 'zone' in target ? target.zone : null;
}
