/**
 * How regularly each observer hears from each zone, and how improbable a silence is by that: accrual failure detection
 * (N. Hayashibara et al., The φ accrual failure detector, SRDS 2004), φ = -log10 of the probability that an answer comes later still.
 *
 * There φ takes the gaps for normally distributed, which makes a silence of three standard deviations a certainty; real gaps have
 * a longer tail (Apache Cassandra takes them for exponential). Here only the tail is modelled, as extreme value theory says that
 * it looks beyond a high level u: exponential (J. Pickands, Ann. Stat. 3, 1975; the generalised Pareto law with shape zero),
 *
 *     P(gap > t) = λ · e^(-(t - u) / m),   λ: share of gaps that exceed u,   m: mean excess
 *
 * both learnt per link, starting from a quiet link and believing the worse of it as soon as it shows. A link that loses packets
 * by itself loses k probes in a row with a probability that falls exponentially in k, which is this law, but for the steps in which
 * probes come: within them it is off by a factor of e at most.
 */
import { type MonoMs, type ObserverId, observerOf, type Report, type ZoneId } from '../../model/index.ts';

export interface Link {
  incarnation: string;
  /** When the zone last answered this observer, as far as this controller can tell. */
  answeredAt: MonoMs;
  /** Gaps between answers, those beyond `TAIL_FROM_MS`, and the sum of what these exceed it by; old ones count less. */
  gaps: number;
  exceeding: number;
  excessMs: number;
  /** When the observer last told of it. */
  toldAt: MonoMs;
  /** The newest silence beyond `TAIL_FROM_MS` that has ended. */
  silence: { from: MonoMs; to: MonoMs };
}

export type Links = Map<ObserverId, Map<ZoneId, Link>>;

/** Two lost probes, at ten a second. */
const TAIL_FROM_MS = 250;
/** What is believed of a link at first: one gap in a thousand exceeds, by 50 ms in the mean; worth ten such gaps. */
const QUIET_GAPS = 1_000;
const QUIET_EXCESS_MS = 50;
const QUIET_WEIGHT = 10;
/** Half is forgotten after some twenty minutes. */
const KEEP = 1 - 1 / 20_000;
/** A longer gap is an outage, not the link's way: it counts for so much, and for nothing where it was not the link's own. */
const GAP_MOST_MS = 1_000;
/** Silences are one outage when they have so much of the longer gap in common. */
const COMMON = 0.5;
/** The same answer, told again: ages are whole milliseconds, and reports travel for differing times. */
const SAME_ANSWER_MS = 20;

/** Takes in what the observer says of its probes. */
export function rememberProbes(links: Links, report: Report, now: MonoMs): void {
  const observer = observerOf(report);
  let own = links.get(observer);
  if (own === undefined) {
    own = new Map();
    links.set(observer, own);
  }
  for (const { zone, answeredAgoMs } of report.probes) {
    if (answeredAgoMs === null) continue;
    const answeredAt = now - answeredAgoMs;
    const link = own.get(zone);
    if (link === undefined || link.incarnation !== report.incarnation) {
      own.set(zone, { ...(link ?? newLink()), incarnation: report.incarnation, answeredAt, toldAt: now });
      continue;
    }
    link.toldAt = now;
    if (answeredAt <= link.answeredAt + SAME_ANSWER_MS) continue;
    const gap = { from: link.answeredAt, to: answeredAt };
    if (gap.to - gap.from <= GAP_MOST_MS || !isOutage(links, observer, zone, gap)) learnGap(link, gap.to - gap.from);
    if (gap.to - gap.from > TAIL_FROM_MS) link.silence = gap;
    link.answeredAt = answeredAt;
  }
}

/** A link of which nothing is known yet. */
export function newLink(): Link {
  const silence = { from: Number.NEGATIVE_INFINITY, to: Number.NEGATIVE_INFINITY };
  return { incarnation: '', answeredAt: 0, gaps: 0, exceeding: 0, excessMs: 0, toldAt: 0, silence };
}

/**
 * Everybody who watches the zone heard nothing from it meanwhile, or the observer nothing from anybody: the zone's outage or the
 * observer's, which says nothing of how the link between them is on other days. Without this every outage would make the next one
 * harder to see.
 */
function isOutage(links: Links, observer: ObserverId, zone: ZoneId, gap: Link['silence']): boolean {
  const ofZone = [...links].flatMap(([who, zones]) => (who === observer ? [] : (zones.get(zone) ?? [])));
  const ofObserver = [...links.get(observer)!].flatMap(([of, link]) => (of === zone ? [] : link));
  return [ofZone, ofObserver].some((others) => {
    const witnesses = others.filter(({ toldAt }) => toldAt > gap.from);
    return witnesses.length > 0 && witnesses.every((other) => wasSilent(other, gap));
  });
}

function wasSilent({ answeredAt, silence }: Link, gap: Link['silence']): boolean {
  const common = (from: MonoMs, to: MonoMs) => Math.max(0, Math.min(to, gap.to) - Math.max(from, gap.from));
  return common(silence.from, silence.to) + common(answeredAt, gap.to) >= COMMON * (gap.to - gap.from);
}

export function learnGap(link: Link, gapMs: number): void {
  const excess = Math.min(gapMs, GAP_MOST_MS) - TAIL_FROM_MS;
  link.gaps = link.gaps * KEEP + 1;
  link.exceeding = link.exceeding * KEEP + (excess > 0 ? 1 : 0);
  link.excessMs = link.excessMs * KEEP + Math.max(0, excess);
}

/** φ of a silence that has lasted for so long; zero below the level beyond which the tail is known. */
export function improbability(link: Link | undefined, silentMs: number): number {
  if (silentMs <= TAIL_FROM_MS) return 0;
  const { gaps, exceeding, excessMs } = link ?? { gaps: 0, exceeding: 0, excessMs: 0 };
  const share = Math.min(1, (exceeding + 1) / (gaps + QUIET_GAPS));
  const mean = (excessMs + QUIET_WEIGHT * QUIET_EXCESS_MS) / (exceeding + QUIET_WEIGHT);
  return -Math.log10(share) + ((silentMs - TAIL_FROM_MS) / mean) * Math.LOG10E;
}

/** After a pause the gap under way is of unknown length. */
export function forgetGaps(links: Links): void {
  for (const zones of links.values()) for (const link of zones.values()) link.incarnation = '';
}
