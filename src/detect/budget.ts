/**
 * From a stated budget (at most so many false alarms a year, over the whole installation) to the levels at which the tests
 * decide. Nobody chooses a threshold by hand.
 *
 * **Every test here is a likelihood ratio.** L(k..n), the ratio of "fails at p1" to "fails at p0" over a stream's samples from
 * the k-th to the n-th, is a non-negative martingale of mean one when the stream fails at p0, and a supermartingale when it
 * fails more rarely. One report's row is one sample, however many requests it sums up: a product over its requests is a ratio
 * again. By Ville's inequality (J. Ville, Étude critique de la notion de collectif, 1939; Wald 1945 for the sequential ratio) a
 * run of the test that begins at k ever reaches e^h with a probability of at most e^-h.
 *
 * **The tests are repeated for ever.** Page's test (E. S. Page, Continuous inspection schemes, Biometrika 41, 1954) begins a new
 * run whenever the last one came to nothing, at most one a sample. So in n samples
 *
 *     P(any false alarm) ≤ n · e^-h,        and the mean time to one is ≥ e^h samples
 *
 * (G. Lorden, Procedures for reacting to a change in distribution, Ann. Math. Stat. 42, 1971, theorem 2; the sum of e^S over all
 * beginnings is the Shiryaev–Roberts martingale, M. Pollak, Ann. Stat. 13, 1985). No sample needs to be independent of the
 * others, and sums over streams need nothing but Boole's inequality.
 *
 * **Solving for h.** With N streams of at most 10 samples a second, K alternatives p1 tried side by side (each has to reach
 * h + ln K: Boole again), C controllers that each sample in their own phase, and the yearly budget B shared out evenly:
 *
 *     h = ln(shares · C · N · 10 · seconds per year / B) + ln K
 *
 * Being wrong about N by a factor of ten moves h by 2.3, some three failed requests: the promise is cheap.
 */
import type { DetectorSettings } from '../model/index.ts';
import { MOST_ALTERNATIVES } from './memory/tests.ts';

export interface Levels {
  /** A run of a test has decided from here on; nats. */
  decide: number;
  /** No site counts for more than this in its zone's sum; nats. With a third each, three sites at least have to be in trouble. */
  clip: number;
  /** The prior share of a zone's sites that its trouble concerns; see `shareOf`. */
  concerned: number;
  /** A site whose own log-likelihood ratio is no less counts for `clip`; nats. */
  clippedFrom: number;
  /** A silence is no chance from here on: minus log10 of its probability, over all independent observers. */
  silence: number;
}

export interface Installation {
  sites: number;
  edges: number;
  zones: number;
}

const SECONDS_PER_YEAR = 31_557_600;
/** Observers report ten times a second. */
const REPORTS_PER_SECOND = 10;
/** Zones and copies, each by their own word, by the way there and by slowness: six; two more parts are for silence. */
const SHARES = 8;
const SHARES_OF_SILENCE = 2;
const SITES_NEEDED = 3;
const ROUNDING = 1e-9;

export function levelsFor(settings: DetectorSettings, { sites, edges, zones }: Installation): Levels {
  const perShare = settings.falseAlarmsPerYear / SHARES;
  const controllers = Math.max(1, zones);
  const samplesAYear = Math.max(1, sites) * Math.max(1, edges) * REPORTS_PER_SECOND * SECONDS_PER_YEAR;
  const decide = Math.log((controllers * samplesAYear) / perShare) + Math.log(MOST_ALTERNATIVES);
  const clip = decide / SITES_NEEDED;
  const concerned = 1 - Math.exp(-clip / 3);
  const silencesAYear = controllers * Math.max(1, zones) * REPORTS_PER_SECOND * SECONDS_PER_YEAR;
  return {
    decide,
    clip,
    concerned,
    clippedFrom: Math.log((Math.exp(clip) - 1 + concerned) / concerned) + ROUNDING,
    silence: Math.log10(silencesAYear / (SHARES_OF_SILENCE * perShare)),
  };
}

/**
 * What a site adds to its zone's sum when its own log-likelihood ratio since the zone's run began is `ratio`: the logarithm of
 * `1 - q + q·e^ratio`, the ratio of "the zone is in trouble, and a share q of its sites feel it" to "all is well" (Y. Xie and
 * D. Siegmund, Sequential multi-sensor change-point detection, Ann. Stat. 41, 2013), clipped from above. The product over the
 * sites is a likelihood ratio again, and clipping only lowers it: the zone's sum obeys the same bound as a single site's, however
 * many sites there are.
 *
 * With `1 - q = e^(-clip/3)` a site that is well takes away up to a third of what a troubled one may add: trouble has to be
 * seen at a quarter of the sites with traffic, at least, and at three.
 */
export function shareOf(ratio: number, { concerned, clip, clippedFrom }: Levels): number {
  if (ratio >= clippedFrom) return clip;
  return Math.min(clip, Math.log(1 - concerned + concerned * Math.exp(ratio)));
}
