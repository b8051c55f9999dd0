/**
 * A live copy errs when visitors' failures there pass the sequential test and somebody else sees the fault too: its own readiness
 * checks, or the standby, which does well with the very requests that fail here; for a copy that cannot be reached, a second edge.
 * When the standby fails them too, that is found of the standby's copy as well, and no move is made for it.
 */
import type { CopyReport, Evidence, Finding } from '../model/index.ts';
import { copyReport, ERRING, failingChecks } from './copies.ts';
import {
  type CopyTrouble,
  copyTroubles,
  edgesSaw,
  hopelessIn,
  isWaning,
  loadRatioOf,
  mayBeRush,
  pairedOf,
  placesOf,
} from './copy-trouble.ts';
import { OWN, PATH } from './memory/tests.ts';
import type { Paired } from './paired.ts';
import type { DetectInput, FindingRule } from './rule.ts';

/**
 * A copy that just answered so many checks in a row (0.5 s) is back: what its edges still report as unanswered was sent before, and
 * runs into its time-out only now.
 */
const CHECKS_BACK = 2;
const OWN_AND_PATH = [OWN, PATH] as const;

export const copyErring: FindingRule = {
  code: 'copy-erring',
  severity: 'critical',
  sentence: (finding) => `The copy of ${finding.site} in zone ${finding.zone} answers visitors with errors.`,
  detect: (input, before) => {
    const found = copyTroubles(input, before, OWN_AND_PATH);
    if (found.length === 0 && before.length === 0) return [];
    const down = new Set(before.flatMap(({ code, site }) => (code === 'copy-down' ? [site] : [])));
    const troubles = found
      .filter(({ placement }) => !down.has(placement.site))
      .map((trouble) => ({ ...trouble, paired: pairedOf(trouble, input.now) }));
    const shared = troubles.filter(({ paired }) => paired?.says === 'fails-too').length;
    const erring = troubles.flatMap((trouble) => judge(trouble, shared, input));
    const left = new Set(before.flatMap(({ code, zone }) => (code === 'zone-erring' && zone !== null ? [zone] : [])));
    return [...erring, ...hopelessIn(left, input).flatMap((trouble) => standbyErrs(trouble, trouble.paired, input))];
  },
};

/** With so many sites at once whose standbys fail the same requests, the next site in trouble has most likely theirs: it takes surer proof. */
const SHARED_BY = 2;
const SURE = Math.log(1_000_000_000);

function judge(trouble: CopyTrouble & { paired: Paired | null }, shared: number, input: DetectInput): Finding[] {
  const { track, placement, paired } = trouble;
  const { site, live, standby } = placement;
  if (isWaning(trouble) || (track === OWN && mayBeRush(trouble, input))) return [];
  const witnesses = [readiness(trouble, input), track === PATH ? secondPlace(trouble, input) : null];
  const retried = paired === null ? null : { observer: edgesOf(trouble), saw: paired.saw };
  if (track === OWN && paired?.says !== 'cannot-tell') witnesses.push(retried);
  if (witnesses.every((each) => each === null)) return [];
  // Its own checks tell that the copy errs, not that the standby does not: where the same requests can tell, they are waited for.
  if (track === OWN && paired?.says === 'cannot-tell') return [];
  if (track === OWN && paired?.says === 'well' && shared >= SHARED_BY && paired.ratio < SURE) return [];
  const how = track === OWN ? 'were answered with a server error' : 'could not connect or got no answer in time';
  const evidence = [...edgesSaw(trouble, input, how), ...witnesses.filter((each) => each !== null)];
  const about = (zone: string): Finding => ({
    code: 'copy-erring',
    zone,
    site,
    observer: null,
    forMs: Math.round(input.now - trouble.run.startedAt),
    outright: false,
    loadRatio: loadRatioOf(trouble, input),
    evidence,
  });
  if (paired?.says !== 'fails-too' || standby === null) return [about(live)];
  return [about(live), ...standbyErrs(trouble, paired, input)];
}

function standbyErrs(trouble: CopyTrouble, { saw }: Paired, { now }: DetectInput): Finding[] {
  const { site, standby } = trouble.placement;
  if (standby === null) return [];
  const forMs = Math.round(now - trouble.run.startedAt);
  const evidence = [{ observer: edgesOf(trouble), saw }];
  return [
    { code: 'copy-erring', zone: standby, site, observer: null, forMs, outright: false, loadRatio: null, evidence },
  ];
}

function readiness({ placement, track }: CopyTrouble, input: DetectInput): Evidence | null {
  const copy = copyReport(input, placement.site, placement.live);
  if (copy === null || copy.epoch !== placement.epoch) return null;
  if (track === PATH && backAgain(copy)) return null;
  return failingChecks(copy, placement.live, { ...ERRING, unanswered: track === PATH });
}

function backAgain({ application }: CopyReport): boolean {
  const newest = application.checks.slice(-CHECKS_BACK);
  return newest.length === CHECKS_BACK && newest.every((status) => status > 0 && status < 500);
}

function edgesOf({ run }: CopyTrouble): string {
  return run.edges.map(({ edge }) => `edge:${edge}`).join(', ');
}

/** Two edges at least, and more than see it well; each has waited for its way there to come back as long as for a restart. */
function secondPlace(trouble: CopyTrouble, { patience }: DetectInput): Evidence | null {
  const { agreeing, against } = placesOf(trouble, patience.downMs);
  if (agreeing < 2 || agreeing <= against) return null;
  return { observer: 'edges', saw: `${agreeing} edges cannot reach it, ${against} can` };
}
