/** Is there room for what would arrive? Sites that move together, or moved lately, add up. */
import type { Placement, Room, SiteId, WallMs, ZoneId } from '../model/index.ts';
import { servesNobody } from './findings.ts';
import type { Objection, WantedMove } from './move.ts';
import { type Refused, refuse } from './outcome.ts';
import type { World } from './world.ts';

/** Of all cores, with what arrives. */
const MOST_CPU = 0.95;
/** Of the memory; what arrives is there already, for the copies of a standby run. */
const LEAST_MEMORY = 0.05;
/** Below this a host is about to kill processes: nobody is served better there, not even by leaving a dead zone. */
const NO_MEMORY = 0.02;
/** A zone's figures are means of some seconds: what moved there since does not show in them yet. */
const LATELY_MS = 10_000;

/** What arrives in each zone, told in cores. Filled as the sites of one turn are decided about. */
export interface Arrivals {
  /** Busy cores that one site which is live in `from` brings along; 0 while that zone's figures are not known. */
  coresOf(from: ZoneId): number;
  /** Cores on their way to `to`, with those of the sites noted so far. */
  coresTo(to: ZoneId): number;
  /** One more site will move. */
  note(from: ZoneId, to: ZoneId): void;
}

/** Looks at all placements once, and only when somebody asks. */
export function createArrivals({ zones, placements }: Pick<World, 'zones' | 'placements'>, now: WallMs): Arrivals {
  const noted = createTally();
  let lately: ReturnType<typeof movedLately> | null = null;

  const coresOf = (from: ZoneId): number => {
    lately ??= movedLately(placements, now);
    const room = zones.get(from)?.room ?? null;
    return room === null ? 0 : busyCores(room) / Math.max(1, lately.residents.get(from) ?? 0);
  };
  return {
    coresOf,
    coresTo: (to) => {
      lately ??= movedLately(placements, now);
      let cores = 0;
      for (const { moves } of [lately, { moves: noted }])
        for (const [from, count] of moves.to(to)) cores += count * coresOf(from);
      return cores;
    },
    note: noted.add,
  };
}

/** Who moved lately, and how many sites each zone's figures speak of: those that live there, and those that did. */
function movedLately(placements: ReadonlyMap<SiteId, Placement>, now: WallMs) {
  const moves = createTally();
  const residents = new Map<ZoneId, number>();
  const count = (zone: ZoneId) => residents.set(zone, (residents.get(zone) ?? 0) + 1);
  for (const placement of placements.values()) {
    count(placement.live);
    const last = placement.moves.at(-1);
    if (last === undefined || Math.abs(now - last.at) > LATELY_MS) continue;
    moves.add(last.from, last.to);
    count(last.from);
  }
  return { moves, residents };
}

/** Sites by where they go and where they come from. */
function createTally() {
  const counts = new Map<ZoneId, Map<ZoneId, number>>();
  return {
    add(from: ZoneId, to: ZoneId): void {
      const there = counts.get(to) ?? new Map<ZoneId, number>();
      counts.set(to, there.set(from, (there.get(from) ?? 0) + 1));
    },
    to: (zone: ZoneId): Iterable<[ZoneId, number]> => counts.get(zone) ?? [],
  };
}

function busyCores({ cores, cpuBusy }: Room): number {
  return cores * cpuBusy;
}

/** A site that nobody is served of goes wherever processes can live; one that is served badly only where it is served better. */
export const noRoom: Objection = (move) => {
  const { world, to, because } = move;
  const room = world.zones.get(to)?.room ?? null;
  if (room === null) return null;
  const memory = room.memoryAvailableBytes / room.memoryTotalBytes;
  const certainLoss = because !== null && servesNobody(because);
  if (memory < (certainLoss ? NO_MEMORY : LEAST_MEMORY)) {
    return refused(move, `${(100 * memory).toFixed(1)} % of the memory there is available`);
  }
  if (certainLoss) return null;
  return cpuFor(move, room);
};

function cpuFor(move: WantedMove, room: Room): Refused | null {
  const { site, arrivals, to, world } = move;
  // Zones that share a machine share its cores, as in a demonstration: what arrives has been there all along.
  if (room.machine !== '' && world.zones.get(site.placement.live)?.room?.machine === room.machine) return null;
  const expected = busyCores(room) + arrivals.coresTo(to) + arrivals.coresOf(site.placement.live);
  if (expected <= MOST_CPU * room.cores) return null;
  const figures = `${percent(room.cpuBusy)} of ${room.cores} cores are busy there, with what arrives ${percent(expected / room.cores)}`;
  return refused(move, figures);
}

function refused({ site, to, because }: WantedMove, figures: string): Refused {
  const sentence = `Zone ${to} has no room for ${site.placement.site}: ${figures}.`;
  return refuse(site, 'no-room', sentence, because);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
