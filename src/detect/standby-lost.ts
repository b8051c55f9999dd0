/**
 * A standby is lost when its zone is dark, or its own agent says that its database is gone, or that its disk takes nothing in, or
 * the way to it is cut, and the live copy waits in vain for its acknowledgement.
 */
import { covers, type Evidence, type Finding, type Placement } from '../model/index.ts';
import { copyReport, trafficOf, unwellCopies } from './copies.ts';
import { badDisk } from './disk.ts';
import { type DetectInput, darkZones, type FindingRule } from './rule.ts';
import { cutWays, waitsInVain, wayOf } from './way-cut.ts';

export const standbyLost: FindingRule = {
  code: 'standby-lost',
  severity: 'warning',
  sentence: (finding) => `The standby of ${finding.site} in zone ${finding.zone} is lost; writes must not wait for it.`,
  detect: (input, before) => {
    const dark = darkZones(before);
    const found = inDarkZones(input, before).concat(copiesGone(input, dark));
    const cutOff = unreachable(input, dark);
    if (cutOff.length === 0) return found;
    const lost = new Set(found.map(({ site }) => site));
    return [...found, ...cutOff.filter(({ site }) => !lost.has(site))];
  },
};

function toFinding({ site, standby }: Placement, evidence: Evidence[], forMs = 0): Finding {
  return {
    code: 'standby-lost',
    zone: standby,
    site,
    observer: null,
    forMs,
    outright: false,
    loadRatio: null,
    evidence,
  };
}

function inDarkZones({ placements }: DetectInput, before: Finding[]): Finding[] {
  if (before.length === 0) return [];
  const dark = new Map(before.flatMap((each) => (each.code === 'zone-dark' ? [[each.zone, each] as const] : [])));
  if (dark.size === 0) return [];
  return placements.flatMap((placement) => {
    const found = placement.standby === null ? undefined : dark.get(placement.standby);
    return found === undefined ? [] : [toFinding(placement, found.evidence)];
  });
}

function unreachable(input: DetectInput, dark: ReadonlySet<string>): Finding[] {
  const cut = cutWays(input);
  if (cut.size === 0) return [];
  return input.placements.flatMap((placement) => {
    const { live, standby } = placement;
    if (standby === null || dark.has(live) || dark.has(standby)) return [];
    const way = cut.get(wayOf(live, standby));
    if (way === undefined || !waitsInVain(placement, input)) return [];
    return [toFinding(placement, way.evidence, way.forMs)];
  });
}

/** Either witness is unwell by its own word, so that no other copies have to be looked at. */
function copiesGone(input: DetectInput, dark: ReadonlySet<string>): Finding[] {
  const unwell = unwellCopies(input);
  if (unwell.length === 0) return [];
  return unwell.flatMap(({ zone, placement }) => {
    if (placement.standby !== zone || dark.has(zone)) return [];
    const evidence = copyGone(placement, input) ?? cannotWrite(placement, input);
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

/** A standby whose disk takes nothing in acknowledges nothing either: the live copy's newest transactions wait, and so do visitors. */
function cannotWrite(placement: Placement, input: DetectInput): Evidence[] | null {
  const { site, live, standby, epoch } = placement;
  const there = copyReport(input, site, standby!);
  const here = copyReport(input, site, live);
  if (there === null || here === null || there.epoch !== epoch || here.epoch !== epoch) return null;
  const disk = badDisk(there, standby!, input.patience.downMs);
  if (disk === null || here.database.waitsFor !== standby) return null;
  if (covers(there.database.receivedPosition, here.database.binlogPosition)) return null;
  const waiting = trafficOf(input, site, live).find(({ traffic }) => traffic.oldestWaitingMs >= input.patience.downMs);
  if (waiting === undefined) return null;
  const saw = `requests wait, the oldest for ${Math.round(waiting.traffic.oldestWaitingMs)} ms`;
  return [
    disk.evidence,
    { observer: `agent:${live}`, saw: 'commits wait for transactions that the standby does not have' },
    { observer: waiting.observer, saw },
  ];
}
