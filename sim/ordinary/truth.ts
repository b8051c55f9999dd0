/** What nobody in the simulated world can know all of: whether the live copy serves visitors at this moment, and whether another would serve them better. */
import type { Cluster } from './cluster.ts';
import { type Conditions, either, roundTripLoss } from './conditions.ts';
import { shareBelow } from './latency.ts';
import { NEW_CONNECTIONS } from './traffic.ts';

/** An answer later than this is no answer to a visitor. */
const IN_TIME_MS = 2_000;
/** A move has to save at least this share of requests to count as right. */
const WORTH_MOVING = 0.005;

export type Truth =
  /** The live copy serves no worse than the other would. */
  | 'false'
  /** The other copy serves better at this moment. */
  | 'right'
  /** The same, because no edge has a way to the live copy's zone. */
  | 'cut-off'
  /** The same, because the live copy does not run. */
  | 'down';

/** Share of requests through an edge with a working way that are answered below 500 and in time. */
export function quality(cluster: Cluster, conditions: Conditions, site: number, zone: number): number {
  const { errors, slow } = conditions.copies[site]![zone]!;
  return qualityUnder(cluster, conditions, site, zone, errors, slow);
}

function qualityUnder(
  cluster: Cluster,
  conditions: Conditions,
  site: number,
  zone: number,
  errors: number,
  slow: number,
): number {
  const { errors: own, medianMs, sigma } = cluster.sites[site]!;
  if (conditions.copies[site]![zone]!.up !== 'serves' || conditions.zoneDead[zone]) return 0;
  if (conditions.copies[site]![zone]!.databaseDown) return 0;
  const loss = Math.min(roundTripLoss(conditions, 3, zone), roundTripLoss(conditions, 4, zone));
  // What is lost on a connection that stands is sent again in time; a new one is given up before that.
  const way = loss === 1 ? 0 : 1 - NEW_CONNECTIONS * loss;
  return way * (1 - either(own, errors)) * shareBelow(IN_TIME_MS, medianMs * slow, sigma);
}

/** What visitors of a site would have from moving it now. */
export function judgeMove(cluster: Cluster, conditions: Conditions, site: number, from: number, to: number): Truth {
  const gain = gainOf(cluster, conditions, site, from, to);
  if (gain < WORTH_MOVING) return 'false';
  if (isCutOff(conditions, from)) return 'cut-off';
  const here = conditions.copies[site]![from]!;
  return here.up === 'serves' && !here.databaseDown && !conditions.zoneDead[from] ? 'right' : 'down';
}

/** The other copy serves worse by as much as would have been worth moving for. */
export function doesHarm(cluster: Cluster, conditions: Conditions, site: number, from: number, to: number): boolean {
  return gainOf(cluster, conditions, site, from, to) <= -WORTH_MOVING;
}

/** Share of requests that a move would save: trouble that comes with the load comes along. */
function gainOf(cluster: Cluster, conditions: Conditions, site: number, from: number, to: number): number {
  const here = conditions.copies[site]![from]!;
  const there = conditions.copies[site]![to]!;
  const errors = here.follows ? Math.max(here.errors, there.errors) : there.errors;
  const slow = here.follows ? Math.max(here.slow, there.slow) : there.slow;
  return qualityUnder(cluster, conditions, site, to, errors, slow) - quality(cluster, conditions, site, from);
}

/** No edge has a way to that zone. */
export function isCutOff(conditions: Conditions, zone: number): boolean {
  return roundTripLoss(conditions, 3, zone) === 1 && roundTripLoss(conditions, 4, zone) === 1;
}
