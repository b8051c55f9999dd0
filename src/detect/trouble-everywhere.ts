/**
 * Trouble is everywhere when one zone's visitors are surely in trouble and another zone's visitors have it too, or cannot be
 * said to be well: a release, a shared upstream, an attack. Moving would take it along.
 */
import type { Finding } from '../model/index.ts';
import { OWN, PATH, SLOW } from './memory/tests.ts';
import { darkZones, type FindingRule } from './rule.ts';
import { evidenceOf, isShared, zoneTroubles } from './zone-trouble.ts';

export const troubleEverywhere: FindingRule = {
  code: 'trouble-everywhere',
  severity: 'warning',
  sentence: () => 'Visitors meet with the same trouble in several zones: moving would not leave it behind.',
  detect: (input, before): Finding[] => {
    const shared = zoneTroubles(input, [OWN, PATH, SLOW], darkZones(before)).filter(isShared);
    if (shared.length === 0) return [];
    return [
      {
        code: 'trouble-everywhere',
        zone: null,
        site: null,
        observer: null,
        forMs: Math.round(input.now - Math.min(...shared.map(({ startedAt }) => startedAt))),
        outright: false,
        loadRatio: null,
        evidence: shared.flatMap((trouble) => evidenceOf(trouble, input)),
      },
    ];
  },
};
