/** One trace, seen by everybody at once: our judgement in several settings and the rules that people use; who wants to leave which zone, and when first. */

import { type Cluster, storeOf, ZONES } from '../../sim/ordinary/cluster.ts';
import { conditionsAt, type Effect } from '../../sim/ordinary/conditions.ts';
import type { Chance } from '../../sim/ordinary/random.ts';
import { NEWS_MS } from '../../sim/ordinary/referee.ts';
import { judgeMove, type Truth } from '../../sim/ordinary/truth.ts';
import { createWorld, type Listener, type World } from '../../sim/ordinary/world.ts';
import type { Judgement } from '../../src/controller/judgement.ts';
import type { Patience } from '../../src/model/index.ts';
import type { Rule } from '../rules/rule.ts';
import { createWatchers } from './watchers.ts';

export interface Contestant {
  name: string;
  patience: Patience;
  /** A new judgement that knows ordinary days. */
  judgement(): Judgement;
}

/** The first time that a contestant wanted to leave the live copy of a site. */
export interface Leave {
  name: string;
  /** Since the trace's own zero, ms. */
  atMs: number;
  zone: number;
  site: number;
  truth: Truth;
}

export interface Trace {
  cluster: Cluster;
  /** In the world's own time. */
  effects: Effect[];
  chance: Chance;
  hour: number;
  start: number;
  zero: number;
  until: number;
  /** Controllers of ours stand in these zones. */
  controllers: number[];
}

export interface Contest {
  contestants: Contestant[];
  rules: readonly Rule[];
}

export function runContest({ contestants, rules }: Contest, trace: Trace): Leave[] {
  const { cluster, zero } = trace;
  const placements = storeOf(cluster, contestants[0]!.patience).placements;
  const leaves = new Map<string, Leave>();
  const everybody = contestants.length + rules.length;

  const leave = (name: string, now: number, site: number, zone: number): boolean => {
    if (leaves.has(name)) return true;
    const to = cluster.sites[site]!.zones[1]!;
    const present = judgeMove(cluster, world.conditions(), site, zone, to);
    const lately = conditionsAt(cluster, trace.effects, now - NEWS_MS);
    const truth = present === 'false' ? judgeMove(cluster, lately, site, zone, to) : present;
    leaves.set(name, { name, atMs: now - zero, zone, site, truth });
    return leaves.size === everybody;
  };

  const ours = contestants.flatMap((contestant) =>
    trace.controllers.map((zone) => listen(contestant, cluster, zone, leaves, leave)),
  );
  const watchers = createWatchers({ rules, trace, leaves, leave, conditions: () => world.conditions() });
  const world: World = createWorld({
    cluster,
    placements,
    chance: trace.chance,
    effects: trace.effects,
    hour: trace.hour,
    start: trace.start,
    listeners: [...ours, ...watchers.listeners],
    onAsked: watchers.onAsked,
  });
  world.run(trace.until);
  return [...leaves.values()];
}

type SayLeave = (name: string, now: number, site: number, zone: number) => boolean;

/** Nothing that is decided is carried out: the contest is about who says it when. */
function listen(
  { name, patience, judgement }: Contestant,
  cluster: Cluster,
  zone: number,
  leaves: ReadonlyMap<string, Leave>,
  leave: SayLeave,
): Listener {
  const state = storeOf(cluster, patience);
  const own = judgement();
  return {
    zone,
    hear: (report, now) => {
      if (!leaves.has(name)) own.hear(report, now);
    },
    turn: (now, wall) => {
      if (leaves.has(name)) return false;
      for (const { placement, decision } of own.turn(state, now, wall).verdicts) {
        if (decision === null || decision.next.live === placement.live) continue;
        const site = cluster.sites.findIndex((one) => one.site === placement.site);
        return leave(name, now, site, ZONES.indexOf(placement.live));
      }
      return false;
    },
  };
}
