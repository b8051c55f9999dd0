/** Looking up what is known of one copy: its agent's newest fresh report, and what the edges see of it. */
import type { AgentReport, CopyReport, Evidence, Placement, SiteId, TrafficWindow, ZoneId } from '../model/index.ts';
import { type DetectInput, FRESH_MS, oncePerTurn } from './rule.ts';

/** Each list is read through once, and only when somebody asks. */
const copiesIn = keepNewest((copies: readonly CopyReport[]) => new Map(copies.map((copy) => [copy.site, copy])));
const unwellIn = keepNewest((copies: readonly CopyReport[]) => copies.filter(isUnwell));
const trafficIn = keepNewest((rows: readonly TrafficWindow[]) => Map.groupBy(rows, (row) => row.site));
/** These are the same for long, and another controller's beside them in a simulation. */
const placementsIn = new WeakMap<readonly Placement[], Map<SiteId, Placement>>();

export function copyReport(input: DetectInput, site: SiteId, zone: ZoneId): CopyReport | null {
  const report = freshAgent(input, zone);
  if (report === null) return null;
  return copiesIn(zone, report.copies).get(site) ?? null;
}

function freshAgent({ window, now }: DetectInput, zone: ZoneId): AgentReport | null {
  const heard = window.agents.get(zone);
  return heard === undefined || now - heard.receivedAt > FRESH_MS ? null : heard.report;
}

export function placementOf({ memory }: DetectInput, site: SiteId): Placement | null {
  let bySite = placementsIn.get(memory.placements);
  if (bySite === undefined) {
    bySite = new Map(memory.placements.map((each) => [each.site, each]));
    placementsIn.set(memory.placements, bySite);
  }
  return bySite.get(site) ?? null;
}

export interface UnwellCopy {
  zone: ZoneId;
  copy: CopyReport;
  placement: Placement;
}

/** Copies that their own agents say something is the matter with, reported under the present epoch: few, on an ordinary day. */
export const unwellCopies = oncePerTurn((input): readonly UnwellCopy[] => {
  const found: UnwellCopy[] = [];
  for (const zone of input.window.agents.keys()) {
    const report = freshAgent(input, zone);
    if (report === null) continue;
    for (const copy of unwellIn(zone, report.copies)) {
      const placement = placementOf(input, copy.site);
      if (placement !== null && placement.epoch === copy.epoch) found.push({ zone, copy, placement });
    }
  }
  return found;
});

function isUnwell({ database, application }: CopyReport): boolean {
  return (
    database.state === 'down' ||
    database.state === 'absent' ||
    application.state === 'failing' ||
    (database.disk !== null && (database.disk.full || database.disk.stuckForMs > 0)) ||
    (database.waitsFor !== null && !database.acknowledgerConnected)
  );
}

/** Each fresh edge's newest counters of that copy. */
export function trafficOf(
  input: DetectInput,
  site: SiteId,
  zone: ZoneId,
): { observer: string; traffic: TrafficWindow }[] {
  const found: { observer: string; traffic: TrafficWindow }[] = [];
  for (const { report, receivedAt } of input.window.edges.values()) {
    if (input.now - receivedAt > FRESH_MS) continue;
    const rows = trafficIn(report.edge, report.traffic).get(site) ?? [];
    for (const traffic of rows) if (traffic.zone === zone) found.push({ observer: `edge:${report.edge}`, traffic });
  }
  return found;
}

/** A copy that errs has failed so many of its last ten readiness checks (2.5 s). */
export const ERRING = { most: 10, atLeast: 2, unanswered: false } as const;

/**
 * Of the newest `most` readiness checks, those that failed, as evidence by the copy's own agent; null when too few did. `unanswered`: of
 * a copy that cannot be reached only those without an answer bear witness; an error is an answer.
 */
export function failingChecks(
  copy: CopyReport,
  zone: ZoneId,
  { most, atLeast, unanswered: mustBe }: { most: number; atLeast: number; unanswered: boolean },
): Evidence | null {
  const newest = copy.application.checks.slice(-most);
  const failed = newest.filter((status) => status === 0 || status >= 500);
  const unanswered = failed.filter((status) => status === 0).length;
  if ((mustBe ? unanswered : failed.length) < atLeast) return null;
  return {
    observer: `agent:${zone}`,
    saw: `${failed.length} of ${newest.length} readiness checks failed (${unanswered} without an answer)`,
  };
}

/** What was worked out of the newest list of each observer: a look-up that costs less than a `WeakMap`'s, and whose garbage goes at once. */
function keepNewest<L, A>(work: (list: L) => A): (of: string, list: L) => A {
  const newest = new Map<string, { list: L; answer: A }>();
  return (of, list) => {
    const known = newest.get(of);
    if (known?.list === list) return known.answer;
    const answer = work(list);
    newest.set(of, { list, answer });
    return answer;
  };
}
