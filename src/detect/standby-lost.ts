/**
 * A standby is lost when its zone is dark, or its own agent says that its database is gone, or the live copy has had no
 * acknowledging replica for a while although commits wait for one.
 */
import type { Evidence, Finding, Placement } from '../model/index.ts';
import { copyReport, unwellCopies } from './copies.ts';
import { type DetectInput, darkZones, type FindingRule } from './rule.ts';

export const standbyLost: FindingRule = {
  code: 'standby-lost',
  severity: 'warning',
  sentence: (finding) => `The standby of ${finding.site} in zone ${finding.zone} is lost; writes must not wait for it.`,
  detect: (input, before) => [...inDarkZones(input, before), ...copiesGone(input, darkZones(before))],
};

function toFinding({ site, standby }: Placement, evidence: Evidence[]): Finding {
  return {
    code: 'standby-lost',
    zone: standby,
    site,
    observer: null,
    forMs: 0,
    outright: false,
    loadRatio: null,
    evidence,
  };
}

function inDarkZones({ placements }: DetectInput, before: Finding[]): Finding[] {
  const dark = new Map(before.flatMap((each) => (each.code === 'zone-dark' ? [[each.zone, each] as const] : [])));
  if (dark.size === 0) return [];
  return placements.flatMap((placement) => {
    const found = placement.standby === null ? undefined : dark.get(placement.standby);
    return found === undefined ? [] : [toFinding(placement, found.evidence)];
  });
}

/** Either witness is unwell by its own word, so that no other copies have to be looked at. */
function copiesGone(input: DetectInput, dark: ReadonlySet<string>): Finding[] {
  return unwellCopies(input).flatMap(({ zone, placement }) => {
    if (placement.standby !== zone || dark.has(zone)) return [];
    const evidence = copyGone(placement, input);
    return evidence === null ? [] : [toFinding(placement, evidence)];
  });
}

/** The standby's own agent is the first witness, the live copy that waits in vain the second. */
function copyGone(placement: Placement, input: DetectInput): Evidence[] | null {
  const { site, live, standby, epoch } = placement;
  const there = copyReport(input, site, standby!);
  const here = copyReport(input, site, live);
  if (there === null || here === null || there.epoch !== epoch || here.epoch !== epoch) return null;
  if (there.database.state !== 'down' && !(placement.inSync && there.database.state === 'absent')) return null;
  const { waitsFor, acknowledgerConnected } = here.database;
  if (waitsFor !== standby || acknowledgerConnected) return null;
  return [
    {
      observer: `agent:${standby}`,
      saw: `database ${there.database.state} for ${Math.round(there.database.stateForMs)} ms`,
    },
    { observer: `agent:${live}`, saw: 'commits wait, and no acknowledging replica is connected' },
  ];
}
