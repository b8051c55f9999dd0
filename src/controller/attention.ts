/**
 * Which sites are decided about in a turn. Nearly all of ten thousand are as they are meant to be and at peace: those are looked at in turn,
 * each once a second, and the others, and whoever a finding speaks of, every time.
 */
import type { SiteVerdict } from '../decide/index.ts';
import { type Finding, type Placement, phaseOf, runsAlone, type SiteId, type ZoneId } from '../model/index.ts';

/** Every site is looked at once in so many turns of 50 ms. */
const ROUND_TURNS = 20;
/** So few cost nothing: all of them are looked at each time. */
export const FEW_SITES = 200;

export interface Attention {
  /** The sites to look at now, in the order of their names, which is the same on every controller. */
  choose(
    placements: ReadonlyMap<SiteId, Placement>,
    findings: readonly Finding[],
    /** Whoever lives or stands by there is looked at every time. */
    evacuated?: ReadonlySet<ZoneId>,
  ): SiteId[];
  /** What came of it: a site about which something was decided or refused is looked at again next time. */
  note(verdicts: readonly SiteVerdict[]): void;
}

/** `few`: up to so many sites all of them are looked at each time. */
export function createAttention(few: number = FEW_SITES): Attention {
  const roll = createRoll();
  let unfinished: SiteId[] = [];
  let next = 0;
  return {
    choose(placements, findings, evacuated) {
      roll.follow(placements);
      if (roll.names.length <= few) return roll.names;
      const marks = new Uint8Array(roll.names.length);
      const mark = (site: SiteId) => {
        const rank = roll.rankOf.get(site);
        if (rank !== undefined) marks[rank] = 1;
      };
      for (const site of roll.restless) mark(site);
      for (const site of unfinished) mark(site);
      for (const site of concernedBy(findings, placements)) mark(site);
      if (evacuated !== undefined && evacuated.size > 0)
        for (const site of toBeMoved(placements, evacuated)) mark(site);
      const share = Math.ceil(marks.length / ROUND_TURNS);
      for (let step = 0; step < share; step += 1) marks[(next + step) % marks.length] = 1;
      next = (next + share) % marks.length;
      return roll.names.filter((_, rank) => marks[rank] === 1);
    },
    note(verdicts) {
      unfinished = verdicts
        .filter(({ decision, refusals }) => decision !== null || refusals.length > 0)
        .map(({ placement }) => placement.site);
    },
  };
}

/** The names of all sites in order, and which are not at rest; follows the placements by noticing which were replaced. */
function createRoll() {
  let walked: Placement[] = [];
  const roll = { names: [] as SiteId[], rankOf: new Map<SiteId, number>(), restless: new Set<SiteId>(), follow };

  function follow(placements: ReadonlyMap<SiteId, Placement>): void {
    if (!areTheSame(placements)) begin(placements);
  }

  /** The same sites in the same order as before, after taking over what was replaced. */
  function areTheSame(placements: ReadonlyMap<SiteId, Placement>): boolean {
    if (placements.size !== walked.length) return false;
    let index = 0;
    for (const placement of placements.values()) {
      const known = walked[index]!;
      if (known !== placement) {
        if (known.site !== placement.site) return false;
        walked[index] = placement;
        noteRest(placement);
      }
      index += 1;
    }
    return true;
  }

  function begin(placements: ReadonlyMap<SiteId, Placement>): void {
    walked = [...placements.values()];
    roll.names = [...placements.keys()].toSorted();
    roll.rankOf = new Map(roll.names.map((name, rank) => [name, rank]));
    roll.restless.clear();
    for (const placement of walked) noteRest(placement);
  }

  function noteRest(placement: Placement): void {
    if (isAtRest(placement)) roll.restless.delete(placement.site);
    else roll.restless.add(placement.site);
  }

  return roll;
}

function isAtRest(placement: Placement): boolean {
  const { incident, approval, order, drill } = placement;
  if (incident !== null || approval !== null || order !== null || drill !== null) return false;
  return phaseOf(placement) === 'protected' || runsAlone(placement);
}

function toBeMoved(placements: ReadonlyMap<SiteId, Placement>, evacuated: ReadonlySet<ZoneId>): SiteId[] {
  const sites: SiteId[] = [];
  for (const { site, live, standby } of placements.values())
    if (evacuated.has(live) || (standby !== null && evacuated.has(standby))) sites.push(site);
  return sites;
}

function concernedBy(findings: readonly Finding[], placements: ReadonlyMap<SiteId, Placement>): SiteId[] {
  const sites: SiteId[] = [];
  const zones = new Set<string>();
  for (const { code, site, zone } of findings) {
    if (site !== null) sites.push(site);
    else if (zone !== null && code !== 'observer-sick') zones.add(zone);
  }
  if (zones.size > 0) for (const { site, live } of placements.values()) if (zones.has(live)) sites.push(site);
  return sites;
}
