/**
 * A live copy is slow when its visitors wait far longer than they used to, and its own agent's checks take long as well, or a
 * second edge sees it; a database without a free connection is told with it.
 */
import type { CopyReport, Evidence, Finding } from '../model/index.ts';
import { copyReport } from './copies.ts';
import { type CopyTrouble, copyTroubles, edgesSaw, loadRatioOf, placesOf } from './copy-trouble.ts';
import { SLOW } from './memory/tests.ts';
import type { DetectInput, FindingRule } from './rule.ts';

const NEWEST_CHECKS = 4;
const SLOW_CHECK_MS = 1_000;
const SATURATED = 0.95;
const ONLY_SLOW = [SLOW] as const;

export const copySlow: FindingRule = {
  code: 'copy-slow',
  severity: 'warning',
  sentence: (finding) => `The live copy of ${finding.site} in zone ${finding.zone} answers far slower than usual.`,
  detect: (input, before) => {
    const troubles = copyTroubles(input, before, ONLY_SLOW);
    if (troubles.length === 0) return [];
    const worse = new Set(
      before.flatMap(({ code, site }) => (code === 'copy-down' || code === 'copy-erring' ? [site] : [])),
    );
    const slow = new Set(before.flatMap(({ code, zone }) => (code === 'zone-slow' ? [zone] : [])));
    return troubles
      .filter(({ placement }) => !worse.has(placement.site) && !slow.has(placement.live))
      .flatMap((trouble) => judge(trouble, input));
  },
};

function judge(trouble: CopyTrouble, input: DetectInput): Finding[] {
  const { site, live } = trouble.placement;
  const copy = copyReport(input, site, live);
  const { agreeing, against } = placesOf(trouble, 0);
  const own = copy === null ? [] : [slowChecks(copy, live), saturated(copy, live)].filter((each) => each !== null);
  if (own.length === 0 && (agreeing < 2 || agreeing <= against)) return [];
  const evidence = [...edgesSaw(trouble, input, 'were answered far slower than usual'), ...own];
  const forMs = Math.round(input.now - trouble.run.startedAt);
  const loadRatio = loadRatioOf(trouble, input);
  return [{ code: 'copy-slow', zone: live, site, observer: null, forMs, outright: false, loadRatio, evidence }];
}

function slowChecks({ application }: CopyReport, zone: string): Evidence | null {
  const newest = application.tookMs.slice(-NEWEST_CHECKS);
  const slow = newest.filter((ms) => ms >= SLOW_CHECK_MS);
  if (slow.length < 2) return null;
  return {
    observer: `agent:${zone}`,
    saw: `${slow.length} of ${newest.length} readiness checks took a second or more`,
  };
}

/** Pages wait for a connection that none gives back. */
export function saturated({ database }: CopyReport, zone: string): Evidence | null {
  const { connections } = database;
  if (connections === null || connections.used < SATURATED * connections.most) return null;
  return {
    observer: `agent:${zone}`,
    saw: `${connections.used} of ${connections.most} database connections are in use`,
  };
}
