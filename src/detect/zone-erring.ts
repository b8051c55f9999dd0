/**
 * A zone errs when failures there are broad: each site's share of the sum is clipped, so that one sick site, however busy,
 * moves no zone, and no other zone errs at the same time (trouble that all zones share moves nothing).
 */
import type { Finding, ZoneId } from '../model/index.ts';
import { samplesOf } from './copies.ts';
import { errorScore, THRESHOLD } from './error-test.ts';
import type { DetectInput, FindingRule } from './rule.ts';

/** With a third each, at least three sites have to err. */
const SITES_NEEDED = 3;
const SHARE = THRESHOLD / SITES_NEEDED;

export const zoneErring: FindingRule = {
  code: 'zone-erring',
  severity: 'critical',
  sentence: (finding) =>
    `Zone ${finding.zone} answers the visitors of several sites with errors, and no other zone does.`,
  detect: (input, before) => {
    const dark = new Set(before.flatMap(({ code, zone }) => (code === 'zone-dark' ? [zone] : [])));
    const zones = [...new Set(input.placements.map(({ live }) => live))].filter((zone) => !dark.has(zone));
    const erring = zones.map((zone) => score(zone, input)).filter(({ total }) => total >= THRESHOLD - 1e-9);
    return erring.length === 1 ? [toFinding(erring[0]!)] : [];
  },
};

interface ZoneScore {
  zone: ZoneId;
  total: number;
  sites: { site: string; failed: number; answered: number }[];
}

function score(zone: ZoneId, input: DetectInput): ZoneScore {
  const sites = input.placements
    .filter(({ live }) => live === zone)
    .map(({ site }) => ({ site, ...errorScore(samplesOf(input, site, zone)) }))
    .filter(({ score }) => score > 0);
  return { zone, total: sites.reduce((sum, { score }) => sum + Math.min(score, SHARE), 0), sites };
}

function toFinding({ zone, sites }: ZoneScore): Finding {
  const evidence = sites.map(({ site, failed, answered }) => ({
    observer: 'edges',
    saw: `${site}: ${failed} of ${failed + answered} requests failed`,
  }));
  return {
    code: 'zone-erring',
    zone,
    site: null,
    observer: null,
    forMs: 0,
    outright: false,
    loadRatio: null,
    evidence,
  };
}
