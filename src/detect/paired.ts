/**
 * The paired control: edges repeat a GET or HEAD that failed at the live copy once at the in-sync standby, so that the very same
 * requests tell whether it is the copy, the site or the visitors. Better than any other zone's visitors, who ask other sites.
 */
import type { MonoMs } from '../model/index.ts';
import { type CopyMemory, doubtOf } from './memory/copy.ts';
import type { Run } from './memory/run.ts';
import type { Track } from './memory/tests.ts';

export interface Paired {
  says: 'well' | 'fails-too' | 'cannot-tell';
  /** Nats in favour of `well`, at least. */
  ratio: number;
  /** It cannot be said for sure, but with half of the usual in vain they would fail there too. */
  leansToFail: boolean;
  saw: string;
}

/** Requests that had failed at the live copy, repeated at the standby. */
export interface Repeated {
  ended: number;
  failed: number;
}

/** A standby that is not well fails as large a share of them as fails here, or half; one that is well a fifth of that. */
const UNWELL_MOST = 0.5;
const WELL_PART = 0.2;
const WELL_MOST = 0.05;
/** A standby is said to do well wrongly once in a million times, and to fail too once in fifty: a move in vain is the worse mistake. */
const WELL_LEVEL = Math.log(1_000_000);
const UNWELL_LEVEL = Math.log(50);

/** Less than one failure; of a trouble that fails half of the requests, one that three good ones came after. */
const DOUBT_MOST = 1;

/** However many of them fail in vain on any day, some tell something. */
const VAIN_MOST = 0.9;

/** What there is to go by at one site. */
export interface SitePair {
  all: Repeated;
  newest: Repeated;
  /** What has to prove that the standby does well: everything, or what has come since it was last all but sure that it does not, but for the newest. */
  proof: Repeated;
  /** Evidence in the newest that the standby has lately got the trouble too, nats; 0 for a quick proof. */
  doubt: number;
  /** Failures that as many requests as its trouble is made of usually have. */
  usual: number;
  /** Share of requests that fail at the live copy. */
  share: number;
}

/**
 * Wald's sequential ratio (Sequential tests of statistical hypotheses, 1945) of "it does well there" to "they fail there too", where
 * `share` of the requests fail here; over several sites, the product of theirs. Failures that are `usual` here come of the requests
 * themselves and are repeated in vain on any day: under both hypotheses that part of the repeated requests fails, and of the rest a
 * small share, or as large a one as here.
 */
export function pairedControl(sites: SitePair[]): Paired | null {
  const sum = (of: (site: SitePair) => number) => sites.reduce((total, site) => total + of(site), 0);
  const ended = sum(({ all }) => all.ended);
  if (ended === 0) return null;
  const least = sum((site) => ratioOf(site.all, site, 'least'));
  const most = sum((site) => ratioOf(site.all, site, 'most'));
  const saw = `of ${ended} of these requests tried at the standby, ${sum(({ all }) => all.failed)} failed`;
  const leansToFail = sum((site) => ratioOf(site.all, site, 'middle')) <= -UNWELL_LEVEL;
  if (most <= -UNWELL_LEVEL) return { says: 'fails-too', ratio: least, leansToFail, saw };
  // What it did well before does not count for it when the newest say otherwise: the standby may have got the same trouble meanwhile.
  const proof = sum((site) => ratioOf(site.proof, site, 'least'));
  const newest = sum((site) => ratioOf(site.newest, site, 'least'));
  // Of several sites one or the other always has a failure among its newest.
  const doubt = sites.length === 1 ? sites[0]!.doubt : 0;
  const well = Math.min(least, proof) >= WELL_LEVEL && newest >= 0 && doubt <= DOUBT_MOST;
  return { says: well ? 'well' : 'cannot-tell', ratio: least, leansToFail, saw };
}

/** What is usual was learnt on other days: on this one anything from none of it to all of it may be in vain, and either may mislead. */
function ratioOf(repeated: Repeated, { all, usual, share }: SitePair, which: 'least' | 'middle' | 'most'): number {
  const vain = Math.min(VAIN_MOST, usual / Math.max(1, all.ended));
  const ratios = [0, vain / 2, vain].map((part) => ratioIf(repeated, part, share));
  if (which === 'middle') return ratios[1]!;
  return which === 'least' ? Math.min(...ratios) : Math.max(...ratios);
}

function ratioIf({ ended, failed }: Repeated, vain: number, share: number): number {
  const unwell = Math.min(UNWELL_MOST, share);
  const well = Math.min(WELL_MOST, WELL_PART * unwell);
  const [ifWell, ifUnwell] = [vain + (1 - vain) * well, vain + (1 - vain) * unwell];
  if (ifUnwell <= ifWell) return 0;
  return (ended - failed) * Math.log((1 - ifWell) / (1 - ifUnwell)) + failed * Math.log(ifWell / ifUnwell);
}

/** Share of requests that fail, on the low side by one standard deviation: a run begins with a failure, and is judged early when it was unlucky. */
function cautiousShare(failed: number, total: number): number {
  return Math.max(0, failed - Math.sqrt(failed)) / Math.max(1, total);
}

/**
 * A trouble that takes so long to prove is proved by few repeated requests a second. What is wrong may go from zone to zone meanwhile, as a
 * release does: the proof then has to hold for a second more, or a sixth to a third of its time (the rarer the requests, the longer), to end with
 * requests that did well, and to begin anew where it had become all but sure that the standby has got the trouble.
 */
const SLOW_PROOF_MS = 3_000;

/** Up to this part of the share that fails now, failures in vain let the tests for a change fall again. */
const VAIN_PART = 0.25;

/** A site's pair, of its live copy's trouble and what was repeated at its other copies. */
export function pairOf({ site }: CopyMemory, { failed, good, startedAt }: Run, track: Track, now: MonoMs): SitePair {
  const share = cautiousShare(failed, failed + good);
  const [all, newest, before, since] = [nothing(), nothing(), nothing(), nothing()];
  let doubt = 0;
  for (const copy of site.copies) {
    const { live, pairedEnded, pairedFailed, pairedNewest, pairedBefore } = copy;
    if (live) continue;
    const doubted = doubtOf(copy, share);
    doubt = Math.max(doubt, doubted.doubt);
    add(all, pairedEnded, pairedFailed);
    add(newest, pairedNewest[0]! + pairedNewest[2]!, pairedNewest[1]! + pairedNewest[3]!);
    add(before, pairedBefore[2]!, pairedBefore[3]!);
    if (pairedBefore[2]! > doubted.ended)
      add(since, pairedBefore[2]! - doubted.ended, pairedBefore[3]! - doubted.failed);
  }
  const { learnt } = site;
  const usual = ((failed + good) * learnt.failed[track]!) / Math.max(1, learnt.total[track]!);
  const pair = { all, newest, proof: all, doubt: 0, usual, share };
  if (now - startedAt <= SLOW_PROOF_MS) return pair;
  // Where that many fail in vain on any day, some failures among the newest say nothing.
  return usual > VAIN_PART * share * all.ended ? { ...pair, proof: before } : { ...pair, proof: since, doubt };
}

function nothing(): Repeated {
  return { ended: 0, failed: 0 };
}

function add(to: Repeated, ended: number, failed: number): void {
  to.ended += ended;
  to.failed += failed;
}
