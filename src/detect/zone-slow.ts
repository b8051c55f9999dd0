/**
 * A zone is slow when its visitors wait far longer than they used to, broadly, seen from two places, and no other zone is: it
 * answers every probe, and nobody waits for its pages.
 */
import { SLOW } from './memory/tests.ts';
import { darkZones, type FindingRule } from './rule.ts';
import { toFinding } from './zone-erring.ts';
import { isItsOwn, zoneTroubles } from './zone-trouble.ts';

export const zoneSlow: FindingRule = {
  code: 'zone-slow',
  severity: 'critical',
  sentence: (finding) =>
    `Zone ${finding.zone} answers the visitors of several sites far slower than usual, and no other zone does.`,
  detect: (input, before) => {
    const erring = new Set(before.flatMap(({ code, zone }) => (code === 'zone-erring' ? [zone] : [])));
    return zoneTroubles(input, [SLOW], darkZones(before))
      .filter(({ zone }) => !erring.has(zone.zone))
      .filter((trouble) => isItsOwn(trouble, input))
      .map((trouble) => toFinding('zone-slow', trouble, input));
  },
};
