/** Judges the moves of an episode by the truth: what visitors had in the live zone, and would have had in the other. */
import type { Placement } from '../../src/model/index.ts';
import { type Cluster, ZONES } from './cluster.ts';
import { type Conditions, conditionsAt, type Effect } from './conditions.ts';
import { SILENCE_OUTAGE_MS, type TroubleKind } from './rates.ts';
import { doesHarm, isCutOff, judgeMove, quality, type Truth } from './truth.ts';

/** Nobody can know yet what happened so short a time ago: a report's period, and its way; or, where few ask, until somebody has asked. */
export const NEWS_MS = 150;
const REQUESTS_TELL = 2;
const NEWS_MOST_MS = 5_000;
/** A copy that serves no larger share of its visitors is out. */
const SERVES_FEW = 0.5;
/** An outage's end reaches the controllers so much later at most. */
const NEWS_TAKES_MS = 400;

/** The delays in which trouble of so large a share of requests has to be found: the other copy's cannot be known earlier. */
const SEEN_AFTER_MS = [
  [0.8, 500],
  [0.2, 1_000],
  [0.05, 3_000],
  [0, 15_000],
] as const;

const seenAfterMs = (errors: number) => SEEN_AFTER_MS.find(([share]) => errors >= share)![1];

export type Verdict =
  /** The live copy served its visitors, and the other would have served them no better. */
  | 'false'
  /** The other was better. */
  | 'right'
  /** The live copy was out, for a moment that ended by itself, or ended less than `NEWS_TAKES_MS` before. */
  | 'ended'
  /** The site itself was well, but most of those that left the zone with it were not; and the move did it no harm. */
  | 'along';

export interface Referee {
  /** To be called at every turn: keeps in mind who is out. */
  watch(now: number, conditions: Conditions): void;
  judge(site: number, from: number, to: number, now: number, conditions: Conditions): Verdict;
}

export interface RefereeOptions {
  kind: TroubleKind;
  cluster: Cluster;
  placements: ReadonlyMap<string, Placement>;
  /** In the world's own time. */
  effects: Effect[];
  /** So many times the cluster's rates are asked for: the hour of the day. */
  hour: number;
}

export function createReferee({ kind, cluster, placements, effects, hour }: RefereeOptions): Referee {
  /** When each site's live copy last served nobody, or few. */
  const outAt = cluster.sites.map(() => Number.NEGATIVE_INFINITY);
  /** By zone, the newest time in which no edge had a way to it; `until` null: it goes on. */
  const cutOffs: ({ since: number; until: number | null } | undefined)[] = [];
  let watched: Conditions | null = null;

  const watchWays = (now: number, conditions: Conditions) => {
    for (const zone of ZONES.keys()) {
      const newest = cutOffs[zone];
      const goesOn = newest?.until === null;
      if (isCutOff(conditions, zone)) {
        if (!goesOn) cutOffs[zone] = { since: now, until: null };
      } else if (goesOn) newest.until = now;
    }
  };

  /** How long it was, when it has just ended: nobody knows of the end yet. */
  const cutOffForMs = (zone: number, now: number): number => {
    const newest = cutOffs[zone];
    return newest === undefined ? 0 : (newest.until ?? now) - newest.since;
  };

  /** Wrong now, by what was so a moment ago, and when the other copy was still as it was before its present trouble could be seen. */
  const truthOf = (site: number, from: number, to: number, now: number, conditions: Conditions): Truth => {
    const truth = judgeMove(cluster, conditions, site, from, to);
    if (truth !== 'false') return truth;
    const untilAskedMs = (1_000 * REQUESTS_TELL) / (cluster.sites[site]!.rate * hour * conditions.load[site]!);
    const newsMs = Math.max(NEWS_MS, Math.min(NEWS_MOST_MS, untilAskedMs));
    const lately = judgeMove(cluster, conditionsAt(cluster, effects, now - newsMs), site, from, to);
    if (lately !== 'false') return lately;
    const seenMs = seenAfterMs(conditions.copies[site]![to]!.errors);
    const before = conditionsAt(cluster, effects, now - seenMs).copies[site]!;
    const copies = conditions.copies.map((own, index) => (index === site ? own.with(to, before[to]!) : own));
    return judgeMove(cluster, { ...conditions, copies }, site, from, to);
  };

  return {
    watch(now, conditions) {
      if (conditions !== watched) watchWays(now, conditions);
      watched = conditions;
      if (kind.outage !== true) return;
      cluster.sites.forEach(({ site }, index) => {
        const live = ZONES.indexOf(placements.get(site)!.live);
        if (quality(cluster, conditions, index, live) < SERVES_FEW) outAt[index] = now;
      });
    },
    judge(site, from, to, now, conditions) {
      const truth = truthOf(site, from, to, now, conditions);
      const lately = now - outAt[site]! <= NEWS_TAKES_MS;
      if (kind.outage === true) return truth === 'false' && !lately ? 'false' : 'ended';
      if (truth === 'false') return doesHarm(cluster, conditions, site, from, to) ? 'false' : 'along';
      // Two troubles together can be an outage that neither is.
      if (truth === 'cut-off') return cutOffForMs(from, now) >= SILENCE_OUTAGE_MS ? 'ended' : 'false';
      return 'right';
    },
  };
}

/** Who moved in one turn for the same finding: to have come along excuses only where at least as many were right to go. */
export function excuse<M extends { verdict: Verdict; zoneFinding: string | null }>(moves: M[]): M[] {
  return moves.map((move) => {
    if (move.verdict !== 'along') return move;
    const group = moves.filter(({ zoneFinding }) => zoneFinding !== null && zoneFinding === move.zoneFinding);
    const right = group.filter(({ verdict }) => verdict === 'right').length;
    const excused = move.zoneFinding !== null && 2 * right >= group.length;
    return excused ? move : { ...move, verdict: 'false' };
  });
}
