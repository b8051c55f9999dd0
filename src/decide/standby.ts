/** Choosing a standby, giving a dead one up, taking a returned copy in. */
import type { Finding, WallMs, ZoneId } from '../model/index.ts';
import { decision, NOTHING, type Outcome, refuse } from './outcome.ts';
import { returnedZones } from './situation.ts';
import { freshReport, isHealthy, mayHoldRole, type SiteView, type World } from './world.ts';

/** Shrink last: from this record on nobody promotes the standby; only then does the live database stop waiting. */
export function giveUpStandby(site: SiteView, because: Finding | null, now: WallMs): Outcome {
  const { site: name, standby } = site.placement;
  const { order } = site.placement;
  const calledOff = order === null ? '' : ` The move to zone ${order.to} is called off.`;
  const sentence = `${name} gives its standby in zone ${standby} up, so that writes go on; it is exposed until a new one is in sync.${calledOff}`;
  return decision(site, 'give-up-standby', now, { standby: null, inSync: false, order: null }, sentence, because);
}

/**
 * The best zone for the next standby: a spare that already follows before a zone in which the copy has to be built, and one that follows in
 * an evacuated zone before none at all: it may be switched off at any moment, and until then the site is protected.
 */
export function chooseStandby(site: SiteView, world: World, now: WallMs): Outcome {
  const { site: name, live, spares } = site.placement;
  // What the live zone does not reach cannot follow it, however well its own controller finds it.
  const missed = world.zones.get(live)?.misses ?? [];
  const able = site.spec.zones.filter(
    (zone) => zone !== live && mayHoldRole(world, zone) && !missed.includes(zone) && isUsable(site, zone),
  );
  const following = followers(site, world).filter((zone) => able.includes(zone));
  const former = steppedDown(site, able);
  const zone = following[0] ?? former ?? able[0] ?? followersOutOfUse(site, world)[0];
  if (zone === undefined) {
    return refuse(
      site,
      'no-spare-zone',
      `${name} stays exposed: no other zone of ${site.spec.zones.join(', ')} is healthy and in use.`,
      null,
      [],
    );
  }
  const how =
    following.length === 0 && zone === former ? 'which was live until now' : howItServes(world, zone, following);
  const rest = spares.filter((spare) => spare !== zone);
  return decision(
    site,
    'choose-standby',
    now,
    { standby: zone, spares: rest, inSync: false },
    `${name} gets its standby in zone ${zone}, ${how}.`,
  );
}

/** Live until a planned move: it follows in a moment, and has next to nothing to catch up. */
function steppedDown({ placement }: SiteView, able: ZoneId[]): ZoneId | undefined {
  const { promotion, spares } = placement;
  return able.find((zone) => zone === promotion.from && spares.includes(zone));
}

function howItServes(world: World, zone: ZoneId, following: ZoneId[]): string {
  if (following.includes(zone)) return 'which already follows';
  if (mayHoldRole(world, zone)) return 'where a copy is being built';
  return 'which has been evacuated and follows still, for no other zone is healthy and in use';
}

/** Spares in healthy zones that follow as they should, in order of preference. */
export function followers(site: SiteView, world: World): ZoneId[] {
  return site.placement.spares.filter((zone) => mayHoldRole(world, zone) && follows(site, zone));
}

/** The same in zones that people have taken every site out of. */
function followersOutOfUse(site: SiteView, world: World): ZoneId[] {
  const missed = world.zones.get(site.placement.live)?.misses ?? [];
  return site.placement.spares.filter(
    (zone) => isHealthy(world, zone) && !mayHoldRole(world, zone) && !missed.includes(zone) && follows(site, zone),
  );
}

function follows(site: SiteView, zone: ZoneId): boolean {
  const database = freshReport(site, zone)?.database;
  return database?.state === 'running' && database.ioRunning === true;
}

function isUsable(site: SiteView, zone: ZoneId): boolean {
  return freshReport(site, zone)?.database.state !== 'down';
}

/** A zone is back with data of this site: its copy follows again as a spare, after it was compared with the promotion's position. */
export function takeInSpare(site: SiteView, world: World, now: WallMs): Outcome {
  const zone = returnedZones(site, world)[0];
  if (zone === undefined) return NOTHING;
  const spares = [...site.placement.spares, zone];
  return decision(
    site,
    'take-in-spare',
    now,
    { spares },
    `Zone ${zone} is back; ${site.placement.site} takes its copy there in as a spare.`,
  );
}
