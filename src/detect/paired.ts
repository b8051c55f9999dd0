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
/** One in fifty, beside the live copy's own test. */
const LEVEL = Math.log(50);

/**
 * Wald's sequential ratio (Sequential tests of statistical hypotheses, 1945) of "it does well there" to "they fail there too", where
 * `share` of the requests fail here. Failures that are `usual` here come of the requests themselves and are repeated in vain on any
 * day: they are left out.
 */
export function pairedControl(ended: number, failed: number, usual: number, share: number): Paired | null {
  if (ended === 0) return null;
  const unwell = Math.min(UNWELL_MOST, share);
  const well = Math.min(WELL_MOST, WELL_PART * unwell);
  const vain = Math.min(usual, failed);
  const [rise, good] = [failed - vain, ended - failed];
  const ratio = good * Math.log((1 - well) / (1 - unwell)) + rise * Math.log(well / unwell);
  const says = ratio >= LEVEL ? 'well' : ratio <= -LEVEL ? 'fails-too' : 'cannot-tell';
  return { says, ratio, saw: `of ${ended} of these requests tried at the standby, ${failed} failed` };
}
