/**
 * Who else sees a zone's trouble. What a copy answers is its own word, whoever passes it on; that it cannot be reached, or is
 * slow, is only the word of the one whose way there it may be, and takes a second place.
 */
import type { Evidence } from '../model/index.ts';
import { copyReport } from './copies.ts';
import { feelsIt } from './memory/copy.ts';
import { isOverFor, stillSees } from './memory/run.ts';
import { OWN, PATH, SLOW } from './memory/tests.ts';
import { FAILED, LAST_FAILED, since, TOTAL } from './memory/zone.ts';
import type { DetectInput } from './rule.ts';
import { freshReports, isSick, testimonyOf } from './witness.ts';
import type { ZoneTrouble } from './zone-trouble.ts';

const PLACES_NEEDED = 2;
/** An edge agrees that sees at least this part of the overall share, and so many failures. */
const SAME_PART = 1 / 3;
const FAILURES_TO_AGREE = 3;

/** The evidence of the places that see it; null: too few do, or too many see it well. */
export function placesThatAgree(trouble: ZoneTrouble, input: DetectInput): Evidence[] | null {
  const { agreeing, against } = edgesOf(trouble, input.patience.silenceMs);
  if (trouble.track === OWN) return agreeing;
  const others =
    trouble.track === PATH ? [...lossyProbes(trouble, input), ...ownChecks(trouble, input)] : ownChecks(trouble, input);
  const places = agreeing.length + others.length;
  return places >= PLACES_NEEDED && agreeing.length > against ? [...agreeing, ...others] : null;
}

/** What cannot be reached is silent: an edge has a word in it once it could not for `silenceMs` itself, however long others could not. */
function edgesOf(
  { zone, test, track, failed, total, startedAt }: ZoneTrouble,
  silenceMs: number,
): { agreeing: Evidence[]; against: number } {
  const run = { startedAt, lastFailedAt: zone.lastFailedAt[track]! };
  const share = failed / Math.max(1, total);
  const agreeing: Evidence[] = [];
  let against = 0;
  for (const [edge, totals] of zone.edges) {
    const mark = zone.marks[test]!.edges.get(edge);
    const there = { failed: since(totals, mark, FAILED + track), total: since(totals, mark, TOTAL + track) };
    const still = stillSees(there.failed, totals[LAST_FAILED + track]!, run);
    const shares = zone.shares[track]!;
    const own = shares.edges.find((each) => each.edge === edge);
    const over = own !== undefined && isOverFor(shares, own);
    const same = there.failed >= SAME_PART * share * there.total && still && !over;
    const spanMs = own === undefined ? 0 : own.lastFailedAt - own.firstFailedAt;
    if (same && track === PATH && spanMs < silenceMs) continue;
    if (same && (track === OWN ? there.failed > 0 : there.failed >= FAILURES_TO_AGREE))
      agreeing.push({
        observer: `edge:${edge}`,
        saw: `${there.failed} of ${there.total} requests ${FAILED_HOW[track]}`,
      });
    else if (!same && share * there.total >= FAILURES_TO_AGREE) against++;
  }
  return { agreeing, against };
}

const FAILED_HOW = {
  [OWN]: 'were answered with a server error',
  [PATH]: 'could not connect or got no answer in time',
  [SLOW]: 'were answered far slower than usual',
} as const;

const PROBES_LOST = 3;
const SHARE_LOST = 0.1;

/** Agents of other zones that lose probes on their way there, and clearly fewer on their other ways. */
function lossyProbes({ zone }: ZoneTrouble, input: DetectInput): Evidence[] {
  return freshReports(input).flatMap((heard) => {
    const { report } = heard;
    if (report.kind !== 'agent' || report.zone === zone.zone || isSick(testimonyOf(heard, input))) return [];
    const there = report.probes.find((probe) => probe.zone === zone.zone);
    if (there === undefined || there.failed < PROBES_LOST || there.failed < SHARE_LOST * there.ended) return [];
    const elsewhere = report.probes.filter((probe) => probe.zone !== zone.zone && probe.zone !== report.zone);
    const worst = Math.max(0, ...elsewhere.map(({ ended, failed }) => failed / Math.max(1, ended)));
    if (worst > there.failed / there.ended / 2) return [];
    return [{ observer: `agent:${report.zone}`, saw: `${there.failed} of ${there.ended} probes failed` }];
  });
}

/** The newest second's readiness checks. */
const NEWEST_CHECKS = 4;
const SLOW_CHECK_MS = 1_000;
const MOST_ASKED = 50;

/** The zone's own agent: at half of the sites that feel the trouble the readiness checks get no answer, or take long, too. */
function ownChecks({ zone, test, track }: ZoneTrouble, input: DetectInput): Evidence[] {
  let asked = 0;
  let unwell = 0;
  for (const copy of zone.copies.values()) {
    if (!feelsIt(copy, test)) continue;
    if (++asked > MOST_ASKED) break;
    const application = copyReport(input, copy.site.site, zone.zone)?.application;
    if (application === undefined) continue;
    const bad =
      track === PATH
        ? application.checks.slice(-NEWEST_CHECKS).includes(0)
        : application.tookMs.slice(-NEWEST_CHECKS).filter((ms) => ms >= SLOW_CHECK_MS).length > 1;
    if (bad) unwell++;
  }
  if (unwell === 0 || 2 * unwell < asked) return [];
  const how = track === PATH ? 'get no answer' : 'take a second or more';
  return [{ observer: `agent:${zone.zone}`, saw: `readiness checks of ${unwell} of ${asked} copies ${how}` }];
}
