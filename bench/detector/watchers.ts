/** Feeds the rules that people use from a simulated world: every visitor's request in its order, checks at their own rhythm, heartbeats. */
import { type Conditions, roundTripLoss } from '../../sim/ordinary/conditions.ts';
import type { Asked } from '../../sim/ordinary/traffic.ts';
import type { Listener } from '../../sim/ordinary/world.ts';
import type { Past, Rule, Watcher } from '../rules/rule.ts';
import type { Leave, Trace } from './contest.ts';

const EDGES = 2;
/** What a proxy waits for a connection and for an answer; both shorter than the programs' defaults, which favours the rules. */
const CONNECT_TIMEOUT_MS = 1_000;
const ANSWER_TIMEOUT_MS = 5_000;
/** Of more requests in one stretch only so many are told one by one: runs of failures are long over by then. */
const MOST_TOLD = 2_000;

export interface WatchersOptions {
  rules: readonly Rule[];
  trace: Trace;
  leaves: ReadonlyMap<string, Leave>;
  leave(name: string, now: number, site: number, zone: number): boolean;
  conditions(): Conditions;
}

export interface Watchers {
  onAsked(asked: Asked): void;
  listeners: Listener[];
}

interface Ended {
  at: number;
  site: number;
  server: number;
  ok: boolean;
}

/** One rule at one place: at one edge for one site or all, or at one controller. */
interface Post {
  rule: Rule;
  watcher: Watcher;
  edge: number;
  /** -1: all sites. */
  site: number;
  nextCheck: number;
  nextTurn: number;
  /** Checks under way, by when they end. */
  pending: Ended[];
}

export function createWatchers(options: WatchersOptions): Watchers {
  const { rules, trace, leaves, conditions } = options;
  const { cluster, chance, start } = trace;
  const posts = [0, 1].map((edge) => rules.flatMap((rule) => postsAt(rule, edge, trace)));
  const waiting: Ended[][] = [[], []];

  const leave = (post: Post, at: number, server: number): boolean => {
    const site = post.site >= 0 ? post.site : mostMoved(trace, conditions(), server);
    return site >= 0 && options.leave(post.rule.name, at, site, server);
  };

  const tell = (edge: number, ended: Ended): boolean => {
    let over = false;
    for (const post of posts[edge]!) {
      if (post.site >= 0 && post.site !== ended.site) continue;
      if (post.watcher.request?.(ended.at, ended.server, ended.ok) && !leaves.has(post.rule.name))
        over = leave(post, ended.at, ended.server) || over;
    }
    return over;
  };

  const check = (post: Post, now: number): void => {
    const { everyMs, timeoutMs } = post.rule.check!;
    while (post.nextCheck <= now) {
      const at = post.nextCheck;
      post.nextCheck += everyMs;
      const server = cluster.sites[post.site]!.zones[0]!;
      const ok = passes(conditions(), post, server, timeoutMs, chance.next());
      const ended = at + lasts(conditions(), post, server, timeoutMs);
      post.pending.push({ at: ended, site: post.site, server, ok });
    }
  };

  const attend = (edge: number, now: number): boolean => {
    let over = false;
    for (const ended of takeUntil(waiting[edge]!, now)) over = tell(edge, ended) || over;
    for (const post of posts[edge]!) {
      if (leaves.has(post.rule.name)) continue;
      if (post.rule.check !== null) {
        check(post, now);
        for (const { at, server, ok } of takeUntil(post.pending, now))
          if (post.watcher.checked!(at, server, ok)) over = leave(post, at, server) || over;
      }
      while (post.rule.turnEveryMs !== null && post.nextTurn <= now) {
        const at = post.nextTurn;
        post.nextTurn += post.rule.turnEveryMs;
        const server = post.watcher.turn!(at);
        if (server !== null && !leaves.has(post.rule.name)) over = leave(post, at, server) || over;
      }
    }
    return over;
  };

  return {
    onAsked: ({ edge, site, zone, from, to, requests, serverErrors, answers }) => {
      const told = Math.min(requests, MOST_TOLD);
      const lateMs = answers === 'cut' ? CONNECT_TIMEOUT_MS : answers === 'hangs' ? ANSWER_TIMEOUT_MS : 0;
      let failures = answers === 'serves' ? Math.round((serverErrors * told) / Math.max(1, requests)) : told;
      for (let left = told; left > 0; left -= 1) {
        const fails = chance.next() * left < failures;
        if (fails) failures -= 1;
        waiting[edge]!.push({ at: from + chance.next() * (to - from) + lateMs, site, server: zone, ok: !fails });
      }
    },
    listeners: [
      ...Array.from(
        { length: EDGES },
        (_, edge): Listener => ({ zone: null, hear: () => {}, turn: (now) => attend(edge, now) }),
      ),
      ...rules
        .filter(({ scope }) => scope === 'zone-at-controller')
        .flatMap((rule) => heartbeatListeners(rule, options, start)),
    ],
  };
}

function postsAt(rule: Rule, edge: number, trace: Trace): Post[] {
  if (rule.scope === 'zone-at-controller') return [];
  const sites = rule.scope === 'site-at-edge' ? trace.cluster.sites.map((_, index) => index) : [-1];
  return sites.map((site) => ({
    rule,
    edge,
    site,
    watcher: rule.create(trace.start, pastOf(trace, site)),
    nextCheck: trace.start + trace.chance.between(0, rule.check?.everyMs ?? 0),
    nextTurn: trace.start + trace.chance.between(0, rule.turnEveryMs ?? 0),
    pending: [],
  }));
}

/** What one edge saw in the hours before. */
function pastOf({ cluster, hour }: Trace, site: number): Past {
  const rates = [0, 0, 0];
  const failing = [0, 0, 0];
  cluster.sites.forEach(({ rate, errors, zones }, index) => {
    if (site >= 0 && index !== site) return;
    rates[zones[0]!]! += (rate * hour) / EDGES;
    failing[zones[0]!]! += (rate * hour * errors) / EDGES;
  });
  return { rates, errors: rates.map((rate, zone) => (rate > 0 ? failing[zone]! / rate : 0)) };
}

/** A check asks for the site's front page, which fails as often as visitors' requests do beyond the usual. */
function passes(conditions: Conditions, post: Post, server: number, timeoutMs: number, luck: number): boolean {
  const { up, errors, readyFails, slow } = conditions.copies[post.site]![server]!;
  const loss = roundTripLoss(conditions, 3 + post.edge, server);
  if (up !== 'serves' || conditions.zoneDead[server] || loss === 1) return false;
  return luck >= Math.max(errors, readyFails) && 20 * slow < timeoutMs;
}

function lasts(conditions: Conditions, post: Post, server: number, timeoutMs: number): number {
  const hangs = conditions.copies[post.site]![server]!.up === 'hangs';
  return hangs || roundTripLoss(conditions, 3 + post.edge, server) === 1 ? timeoutMs : 20;
}

/** Of a zone that is to be left as a whole, the site that gains most: when none does, any. */
function mostMoved({ cluster }: Trace, conditions: Conditions, zone: number): number {
  const own = cluster.sites.flatMap(({ zones }, index) => (zones[0] === zone ? [index] : []));
  const helped = own.find((index) => {
    const { errors, up } = conditions.copies[index]![zone]!;
    return errors > 0 || up !== 'serves';
  });
  return helped ?? own[0] ?? -1;
}

function takeUntil(queue: Ended[], now: number): Ended[] {
  const due = queue.filter(({ at }) => at <= now).sort((one, two) => one.at - two.at);
  if (due.length > 0) {
    const rest = queue.filter(({ at }) => at > now);
    queue.length = 0;
    queue.push(...rest);
  }
  return due;
}

/** One in each zone, as our controllers are; it has nothing to say about its own. */
function heartbeatListeners(
  rule: Rule,
  { trace, leaves, leave, conditions }: WatchersOptions,
  start: number,
): Listener[] {
  return trace.controllers.map((zone) => {
    const watcher = rule.create(start, { rates: [0, 0, 0], errors: [0, 0, 0] });
    return {
      zone,
      hear: (report, now) => {
        if (report.kind === 'agent') watcher.heartbeat!(now, 'abc'.indexOf(report.zone));
      },
      turn: (now) => {
        if (leaves.has(rule.name)) return false;
        const server = watcher.turn!(now);
        // Cut off from the other zones, it can decide nothing that the store would take.
        if (server === null || server === zone || hasNoMajority(conditions(), zone)) return false;
        const site = mostMoved(trace, conditions(), server);
        return site >= 0 && leave(rule.name, now, site, server);
      },
    };
  });
}

function hasNoMajority(conditions: Conditions, zone: number): boolean {
  return [0, 1, 2].every((other) => other === zone || roundTripLoss(conditions, zone, other) === 1);
}
