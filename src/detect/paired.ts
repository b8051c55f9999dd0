/**
 * The paired control: edges repeat a GET or HEAD that failed at the live copy once at the in-sync standby, so that the very same
 * requests tell whether it is the copy, the site or the visitors. Better than any other zone's visitors, who ask other sites.
 */

export interface Paired {
  says: 'well' | 'fails-too' | 'cannot-tell';
  /** Nats in favour of `well`. */
  ratio: number;
  saw: string;
}

/** A standby that is not well fails as large a share of them as fails here, or half; one that is well a fifth of that. */
const UNWELL_MOST = 0.5;
const WELL_PART = 0.2;
const WELL_MOST = 0.05;
/** A standby is said to do well wrongly once in a thousand times, and to fail too once in fifty: a move in vain is the worse mistake. */
const WELL_LEVEL = Math.log(1_000);
const UNWELL_LEVEL = Math.log(50);

/** However many of them fail in vain on any day, some tell something. */
const VAIN_MOST = 0.9;

/**
 * Wald's sequential ratio (Sequential tests of statistical hypotheses, 1945) of "it does well there" to "they fail there too", where
 * `share` of the requests fail here. Failures that are `usual` here come of the requests themselves and are repeated in vain on any
 * day: under both hypotheses that part of the repeated requests fails, and of the rest a small share, or as large a one as here.
 */
export function pairedControl(ended: number, failed: number, usual: number, share: number): Paired | null {
  if (ended === 0) return null;
  const unwell = Math.min(UNWELL_MOST, share);
  const well = Math.min(WELL_MOST, WELL_PART * unwell);
  const vain = Math.min(VAIN_MOST, usual / ended);
  const [ifWell, ifUnwell] = [vain + (1 - vain) * well, vain + (1 - vain) * unwell];
  const ratio = (ended - failed) * Math.log((1 - ifWell) / (1 - ifUnwell)) + failed * Math.log(ifWell / ifUnwell);
  const says = ratio >= WELL_LEVEL ? 'well' : ratio <= -UNWELL_LEVEL ? 'fails-too' : 'cannot-tell';
  return {
    says,
    ratio,
    saw: `of ${Math.round(ended)} of these requests tried at the standby, ${Math.round(failed)} failed`,
  };
}

/** Share of requests that fail, on the low side by one standard deviation: a run begins with a failure, and is judged early when it was unlucky. */
export function cautiousShare(failed: number, total: number): number {
  return Math.max(0, failed - Math.sqrt(failed)) / Math.max(1, total);
}
