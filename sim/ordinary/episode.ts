/** One episode of ordinary trouble, simulated in full at the detector's own pace; its seed decides everything about it. */
import type { Judgement, Turn } from '../../src/controller/judgement.ts';
import type { Decision } from '../../src/decide/index.ts';
import type { DetectorSettings, Finding, Patience, Placement, SiteId } from '../../src/model/index.ts';
import { subjectOf } from '../../src/model/index.ts';
import { storeOf, ZONES } from './cluster.ts';
import type { Effect } from './conditions.ts';
import { createChance, mixSeed } from './random.ts';
import { kindAt, later, type TroubleKind } from './rates.ts';
import { createReferee, excuse, type Verdict } from './referee.ts';
import { tellEffect } from './tell.ts';
import { CLUSTERS, createWarmth, WARM_MS, type Warmth } from './warm.ts';
import { createWorld, type Listener } from './world.ts';

/** Quiet before the trouble, so that every observer has been heard, and after it, so that late reports arrive. */
const LEAD_MS = 1_500;
const TAIL_MS = 2_500;
/** Share of episodes whose controller has only just been started and knows nothing of ordinary days. */
const JUST_STARTED = 0.02;
/** The hour's load may differ so much from what was usual in the last hour or two, by which the detector knows it. */
export const TIDE_LAG = 1.5;

export interface Move {
  site: SiteId;
  from: string;
  to: string;
  verdict: Verdict;
  because: string;
  /** The finding about a whole zone that it answers, as `subjectOf` names it; null: another one. */
  zoneFinding: string | null;
  /** Since the trouble began. */
  atMs: number;
  sentence: string;
}

export interface Episode {
  seed: number;
  kind: string;
  /** Simulated, ms. */
  ms: number;
  moves: Move[];
  /** Codes of everything that was wanted and refused at least once. */
  refusals: string[];
}

/** What happened, for a person to read; times since the trouble began. */
export type Watch = (atMs: number, text: string) => void;

export interface EpisodeOptions {
  settings: DetectorSettings;
  patience: Patience;
  /** So many installations are drawn; each costs a second to get to know. Default `CLUSTERS`. */
  clusters?: number;
  /** Stands in for the real judgement of a controller: for showing that the simulation can fail. */
  spoil?: (judgement: Judgement) => Judgement;
}

export interface Player {
  play(seed: number, watch?: Watch): Episode;
}

/** The seed's first draw. */
export function kindOf(seed: number): TroubleKind {
  return kindAt(createChance(mixSeed(seed, 11)).next());
}

export function createPlayer(options: EpisodeOptions): Player {
  const warmth = createWarmth(options.settings, options.patience);
  return {
    play(seed, watch) {
      const chance = createChance(mixSeed(seed, 11));
      const kind = kindAt(chance.next());
      const warm = warmth(mixSeed(seed, 13) % (options.clusters ?? CLUSTERS));
      const effects = kind.draw({ chance, cluster: warm.cluster });
      if (watch !== undefined) {
        watch(0, `${kind.name}: ${kind.shape}`);
        for (const line of effects.map(tellEffect(warm.cluster))) watch(...line);
      }
      return simulate({ seed, kind, warm, effects, chance, options, watch });
    },
  };
}

interface Staging {
  seed: number;
  kind: TroubleKind;
  warm: Warmth;
  effects: Effect[];
  chance: ReturnType<typeof createChance>;
  options: EpisodeOptions;
  watch: Watch | undefined;
}

function simulate({ seed, kind, warm, effects, chance, options, watch }: Staging): Episode {
  const { cluster } = warm;
  const state = storeOf(cluster, options.patience);
  const begin = WARM_MS + LEAD_MS;
  const end = begin + Math.max(...effects.map(({ toMs }) => toMs));
  const placed = effects.map((effect) => later(effect, begin));
  const justStarted = chance.happens(JUST_STARTED);
  if (justStarted) watch?.(0, 'the controller has only just been started');
  const zones = kind.controllers === 'all' ? [0, 1, 2] : [chance.below(3)];
  const hour = warm.hour * chance.logBetween(1 / TIDE_LAG, TIDE_LAG);
  const referee = createReferee({ kind, cluster, placements: state.placements, effects: placed, hour });
  const moves: Move[] = [];
  const refusals = new Set<string>();

  const listeners = zones.map((zone): Listener => {
    const judgement = (options.spoil ?? keep)(justStarted ? warm.fresh() : warm.judgement());
    const tell = watch === undefined ? null : createTeller(ZONES[zone]!, begin, watch);
    return {
      zone,
      hear: (report, now) => {
        judgement.hear(report, now);
      },
      turn: (now, wall) => {
        referee.watch(now, world.conditions());
        const turn = judgement.turn(state, now, wall);
        tell?.(turn, now);
        for (const verdict of turn.verdicts) {
          for (const { refusal } of verdict.refusals) refusals.add(refusal.code);
          if (verdict.decision !== null) settle(verdict.decision, now);
        }
        return moves.length > 0;
      },
    };
  });

  const settle = (decision: Decision, now: number) => {
    const before = state.placements.get(decision.next.site)!;
    if (before.epoch !== decision.next.epoch - 1) return;
    // The loop names the incident; here any name will do.
    const incident = decision.next.incident ?? (decision.because === null ? null : 'this');
    if (decision.next.live === before.live) state.placements.set(before.site, { ...decision.next, incident });
    else moves.push(toMove(decision, before, now));
  };

  const toMove = ({ next, because, sentence }: Decision, before: Placement, now: number): Move => {
    const site = cluster.sites.findIndex((one) => one.site === next.site);
    const [from, to] = [ZONES.indexOf(before.live), ZONES.indexOf(next.live)];
    return {
      site: next.site,
      from: before.live,
      to: next.live,
      verdict: referee.judge(site, from, to, now, world.conditions()),
      because: because?.code ?? 'nothing',
      zoneFinding: because === null || because.site !== null ? null : subjectOf(because),
      atMs: Math.round(now - begin),
      sentence,
    };
  };

  const world = createWorld({
    cluster,
    placements: state.placements,
    chance,
    effects: placed,
    listeners,
    hour,
    start: WARM_MS,
  });
  const endedAt = world.run(end + TAIL_MS);
  return { seed, kind: kind.name, ms: Math.round(endedAt - WARM_MS), moves: excuse(moves), refusals: [...refusals] };
}

const keep = (judgement: Judgement) => judgement;

/** Tells what is new in each turn, not what goes on. */
function createTeller(zone: string, begin: number, watch: Watch): (turn: Turn, now: number) => void {
  let before = new Set<string>();
  const seen = ({ code, zone: of, site, evidence }: Finding) =>
    [
      `found ${code} ${[of, site].filter((part) => part !== null).join(' ')}`,
      evidence.map(({ observer, saw }) => `${observer}: ${saw}`).join('; '),
    ] as const;
  return (turn, now) => {
    const news = new Map<string, string>();
    if (turn.stalledMs !== null) news.set('stalled', `${Math.round(turn.stalledMs)} ms`);
    for (const finding of turn.findings) news.set(...seen(finding));
    for (const { placement, decision, refusals } of turn.verdicts) {
      if (decision !== null) news.set(`decided ${decision.code} ${placement.site}`, decision.sentence);
      for (const { refusal } of refusals) news.set(`refused ${refusal.code} ${refusal.site}`, refusal.sentence);
    }
    for (const [text, detail] of news)
      if (!before.has(text)) watch(Math.round(now - begin), `controller ${zone} ${text}: ${detail}`);
    for (const text of before)
      if (!news.has(text)) watch(Math.round(now - begin), `controller ${zone} no more: ${text}`);
    before = new Set(news.keys());
  };
}
