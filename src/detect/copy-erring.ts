/**
 * A live copy errs when visitors' failures there pass the sequential test and its own readiness checks fail too. The standby
 * is the control: decide refuses to move when it errs as well.
 */
import type { Finding, Placement } from '../model/index.ts';
import { copyReport, failingChecks, samplesOf } from './copies.ts';
import { errorScore, THRESHOLD } from './error-test.ts';
import type { DetectInput, FindingRule } from './rule.ts';

/** Of the last ten readiness checks (2.5 s) so many must have failed. */
const CHECKS = 10;
const CHECKS_FAILED = 2;

export const copyErring: FindingRule = {
  code: 'copy-erring',
  severity: 'critical',
  sentence: (finding) => `The live copy of ${finding.site} in zone ${finding.zone} answers visitors with errors.`,
  detect: (input, before) => {
    const explained = new Set(
      before.flatMap(({ code, zone, site }) => (code === 'copy-down' ? [`${site}@${zone}`] : [])),
    );
    const dark = new Set(before.flatMap(({ code, zone }) => (code === 'zone-dark' ? [zone] : [])));
    return input.placements
      .filter(({ site, live }) => !explained.has(`${site}@${live}`) && !dark.has(live))
      .flatMap((placement) => judge(placement, input));
  },
};

function judge({ site, live, epoch }: Placement, input: DetectInput): Finding[] {
  const { score, answered, failed } = errorScore(samplesOf(input, site, live));
  if (score < THRESHOLD) return [];
  const copy = copyReport(input, site, live);
  if (copy === null || copy.epoch !== epoch) return [];
  const own = failingChecks(copy, live, CHECKS, CHECKS_FAILED);
  if (own === null) return [];
  const edges = [...new Set(samplesOf(input, site, live).map(({ observer }) => observer))].join(', ');
  const seen = {
    observer: edges,
    saw: `${failed} of ${answered + failed} requests failed (score ${score.toFixed(1)}, decides at ${THRESHOLD.toFixed(1)})`,
  };
  return [
    {
      code: 'copy-erring',
      zone: live,
      site,
      observer: null,
      forMs: 0,
      outright: false,
      loadRatio: null,
      evidence: [seen, own],
    },
  ];
}
