/** Watches every site's error budget, once a minute, and has its people told: once when a rule begins to hold, and once when it is over. */
import type { Maintenance, ServiceLevel, SiteId, Told } from '../model/index.ts';
import type { EventLog, Happening } from '../notify/happenings.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Levels } from '../record/level/asked.ts';
import { burnOverWords, burnWords } from '../record/level/burn-words.ts';
import { type BurnEpisode, episodesOf, MINUTES_NEEDED, mayBurn } from '../record/level/episodes.ts';
import { spansIn } from '../record/level/level.ts';
import type { Counts } from '../record/level/minutes.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';

const TURN_MS = 60_000;
/** The longest short window. */
const LATELY_MINUTES = 360;
/** So many are looked at before others have their turn. */
const AT_A_STRETCH = 5;
/** So many are looked at closely in one turn, some milliseconds each; where more burn, as when a zone is lost, the next turn goes on. */
const MOST_CLOSELY = 300;
/** Rows that come late may move the beginning a little: it is the same episode all the same. */
const SAME_MINUTES = 15;
/** A turn that is in the midst of it is not waited for longer when the controller stops. */
const LEAVE_MS = 100;

export interface BurnWatchOptions {
  clock: Clock;
  log: Log;
  store: Pick<Store, 'told'>;
  state: { readonly sites: ReadonlyMap<SiteId, unknown> };
  levels: Pick<Levels, 'rows' | 'until' | 'failingSites'>;
  service(): { level: ServiceLevel; maintenance: readonly Maintenance[] };
  tell(event: EventLog): Promise<void>;
}

export interface BurnWatch {
  /** What burns now, the worst rule; null: nothing does, as far as this controller has looked. */
  burning(site: SiteId): BurnEpisode | null;
  turn(): Promise<void>;
  stop(): Promise<void>;
}

export function startBurnWatch(options: BurnWatchOptions): BurnWatch {
  const { clock, log, store, state, levels } = options;
  /** Sites with an episode whose end has not been told. */
  const active = new Map<SiteId, BurnEpisode[]>();
  let underWay: Promise<void> = Promise.resolve();
  /** Known to be told, by event: since when it burns. */
  const known = new Map<string, number>();
  /** The site that the next turn begins with. */
  let begin = '';

  async function work(): Promise<void> {
    const until = levels.until();
    const failing = new Set([...(levels.failingSites(until - LATELY_MINUTES) ?? []), ...active.keys()]);
    const sites = [...failing].filter((site) => state.sites.has(site)).toSorted();
    const order = [...sites.filter((site) => site >= begin), ...sites.filter((site) => site < begin)];
    let closely = 0;
    for (const [index, site] of order.entries()) {
      if (closely >= MOST_CLOSELY) {
        begin = site;
        return;
      }
      closely += (await look(site, until)) ? 1 : 0;
      if (index % AT_A_STRETCH === AT_A_STRETCH - 1) await clock.sleep(0);
    }
    begin = '';
  }

  /** True: it took a closer look. */
  async function look(site: SiteId, until: number): Promise<boolean> {
    const { level } = options.service();
    if (!active.has(site) && !mayBurn(sumOf(countsOf(site, until - LATELY_MINUTES, until), until), level)) return false;
    const episodes = episodesOf(countsOf(site, until - MINUTES_NEEDED, until), until, level);
    let left = false;
    for (const episode of episodes) left = (await heed(site, episode)) || left;
    if (left) active.set(site, episodes);
    else active.delete(site);
    return true;
  }

  /** True: it is to be looked at again. */
  async function heed(site: SiteId, episode: BurnEpisode): Promise<boolean> {
    const { rule, since, last, over } = episode;
    if (over && !active.has(site)) return false;
    const event = `level~${site}~${rule.name}`;
    if (!over && (since === null || Math.abs((known.get(event) ?? 0) - since) <= SAME_MINUTES)) return true;
    const told = await store.told(event);
    if (over) {
      known.delete(event);
      if (isTold(told, since ?? 0, last))
        await tellOf(event, site, last + rule.shortMinutes, burnOverWords(site, episode), 'info');
      return false;
    }
    if (since === null) return false;
    if (!isTold(told, since, last + rule.shortMinutes)) {
      log.warn({ site, rule: rule.name, burn: episode.burn }, 'an error budget burns');
      const severity = rule.name === 'fast' ? 'critical' : 'warning';
      await tellOf(event, site, since, burnWords(site, episode, options.service().level), severity);
    }
    known.set(event, since);
    return true;
  }

  async function tellOf(event: string, site: SiteId, order: number, text: string, severity: string): Promise<void> {
    const happening: Happening = { order, at: clock.wall(), kind: 'level', site, values: { text, severity } };
    await options.tell({
      event,
      incident: null,
      subject: '',
      happenings: [happening],
      figures: new Map(),
      sites: new Set([site]),
      lasting: false,
      planned: false,
    });
  }

  function countsOf(site: SiteId, from: number, until: number): Map<number, Counts> {
    const { level, maintenance } = options.service();
    const excluded = level.excludeMaintenance ? spansIn(site, maintenance, { from, to: until }) : [];
    const counts = new Map<number, Counts>();
    for (const row of levels.rows(site, { from, to: until }) ?? []) {
      if (row.site !== site || excluded.some((span) => row.minute >= span.from && row.minute < span.to)) continue;
      const before = counts.get(row.minute) ?? { requests: 0, failed: 0 };
      counts.set(row.minute, { requests: before.requests + row.requests, failed: before.failed + row.failed });
    }
    return counts;
  }

  const turn = () => {
    underWay = work().catch((error) => {
      const severity = error instanceof StoreUnavailable ? 'debug' : 'error';
      log[severity]({ err: error }, 'watching the error budgets failed; trying again');
    });
    return underWay;
  };
  const stop = clock.every(TURN_MS, turn);
  return {
    burning: (site) => active.get(site)?.find(({ over }) => !over) ?? null,
    turn,
    stop: async () => {
      stop();
      await Promise.race([underWay, clock.sleep(LEAVE_MS)]);
    },
  };
}

function isTold(told: readonly Told[], since: number, until: number): boolean {
  return told.some(({ upTo }) => upTo >= since - SAME_MINUTES && upTo <= until);
}

function sumOf(counts: ReadonlyMap<number, Counts>, until: number) {
  return (minutes: number): Counts => {
    const sum = { requests: 0, failed: 0 };
    for (const [minute, { requests, failed }] of counts) {
      if (minute < until - minutes) continue;
      sum.requests += requests;
      sum.failed += failed;
    }
    return sum;
  };
}
