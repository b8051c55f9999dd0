/** However much controllers disagree, the record is not rewritten without end: each epoch makes everybody look anew. */
import type { Checker } from '../trace.ts';
import { commitsOf, seconds, sitesOf } from './history.ts';

/** A zone lost and taken back in takes ten epochs; several faults at once a few times that. */
const MOST = 40;
const WITHIN_MS = 10_000;

export const recordDoesNotChurn: Checker = {
  name: 'no churn',
  says: `no site's record is rewritten more than ${MOST} times in ${WITHIN_MS / 1_000} s`,
  check: (run) =>
    sitesOf(run).flatMap((site) => {
      const commits = commitsOf(run, site);
      const first = commits.findIndex(({ at }, index) => index >= MOST && at - commits[index - MOST]!.at < WITHIN_MS);
      if (first < 0) return [];
      const { at, placement } = commits[first]!;
      const from = commits[first - MOST]!.at;
      const codes = new Set(commits.slice(first - MOST, first).map((commit) => commit.placement.decision));
      const breach = `${MOST + 1} epochs of ${site} from ${seconds(from)} on, up to ${placement.epoch}: ${[...codes].join(', ')}`;
      return [{ at, breach }];
    }),
};
