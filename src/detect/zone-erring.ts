/**
 * A zone errs when failures there are broad: each site's share of the sum is clipped, so that one sick site, however busy,
 * moves no zone, and no other zone errs at the same time (trouble that all zones share moves nothing).
 */
import type { Finding } from '../model/index.ts';
import { OWN, PATH } from './memory/tests.ts';
import { type DetectInput, darkZones, type FindingRule } from './rule.ts';
import { evidenceOf, isItsOwn, loadRatioOf, stayingIn, type ZoneTrouble, zoneTroubles } from './zone-trouble.ts';

export const zoneErring: FindingRule = {
  code: 'zone-erring',
  severity: 'critical',
  sentence: (finding) =>
    `Zone ${finding.zone} answers the visitors of several sites with errors, and no other zone does.`,
  detect: (input, before) =>
    zoneTroubles(input, [OWN, PATH], darkZones(before))
      .filter((trouble) => isItsOwn(trouble, input))
      .map((trouble) => toFinding('zone-erring', trouble, input)),
};

export function toFinding(code: 'zone-erring' | 'zone-slow', trouble: ZoneTrouble, input: DetectInput): Finding {
  return {
    code,
    zone: trouble.zone.zone,
    site: null,
    observer: null,
    forMs: Math.round(input.now - trouble.startedAt),
    outright: false,
    loadRatio: loadRatioOf(trouble, input),
    evidence: evidenceOf(trouble, input),
    well: stayingIn(trouble, input),
  };
}
