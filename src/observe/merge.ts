/** Puts what a report tells of some copies together with what is known of the others, so that all of them are there as of now. */
import type { AgentReport, CopyReport, Heard, MonoMs, SiteId } from '../model/index.ts';

interface Known {
  copy: CopyReport;
  toldAt: MonoMs;
}

/** A copy that was not told of for so long, while more are known than there are, is gone. */
const GONE_MS = 10_000;

/** What is known behind a merged report. Its copies are our own: their ages are moved on in place. */
const behind = new WeakMap<AgentReport, Map<SiteId, Known>>();

/**
 * `report`, complete. `before`: the newest report of the same incarnation before it, as this function made it; null: there is none.
 * A report that went missing in between may have told of a change, so that nothing from before it is taken over.
 */
export function complete(before: Heard<AgentReport> | null, report: AgentReport, now: MonoMs): AgentReport {
  if (report.copiesInAll === undefined) return report;
  const { copiesInAll, ...whole } = report;
  const known = before !== null && before.report.sequence + 1 === report.sequence ? takeOver(before, now) : new Map();
  for (const copy of report.copies) known.set(copy.site, { copy: own(copy), toldAt: now });
  if (known.size > copiesInAll) {
    for (const [site, { toldAt }] of known) if (now - toldAt > GONE_MS) known.delete(site);
  }
  const merged: AgentReport = { ...whole, copies: Array.from(known.values(), ({ copy }) => copy) };
  behind.set(merged, known);
  return merged;
}

/** Everything known until now, older by the time since. */
function takeOver({ report, receivedAt }: Heard<AgentReport>, now: MonoMs): Map<SiteId, Known> {
  const known =
    behind.get(report) ?? new Map(report.copies.map((copy) => [copy.site, { copy: own(copy), toldAt: receivedAt }]));
  for (const { copy } of known.values()) age(copy, now - receivedAt);
  return known;
}

/** Every age in a copy's report. `heardAgoMs` so becomes the most it can be: it may have fallen back since it was told. */
function age({ database, application }: CopyReport, byMs: number): void {
  database.stateForMs += byMs;
  application.stateForMs += byMs;
  if (database.heardAgoMs !== null) database.heardAgoMs += byMs;
  if (database.disk !== null && database.disk.stuckForMs > 0) database.disk.stuckForMs += byMs;
  if (database.build !== null) database.build.startedAgoMs += byMs;
}

/** A copy's report of which everything that ages is nobody else's. */
function own({ database, application, ...copy }: CopyReport): CopyReport {
  const { disk, build } = database;
  return {
    ...copy,
    database: { ...database, disk: disk && { ...disk }, build: build && { ...build } },
    application: { ...application },
  };
}
