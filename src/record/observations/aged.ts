/** A report some time later, when nothing has changed but the time. */
import type { DatabaseReport, Report } from '../../model/index.ts';

/** What was measured as younger than this is measured anew all the time, and stays as young. */
const RENEWED_MS = 200;

/** Every age of more than `RENEWED_MS` grows by `byMs`; younger ones stay, since what they tell of happens again and again. */
export function aged<R extends Report>(report: R, byMs: number): R {
  const older = <A extends number | null>(ageMs: A): A =>
    ageMs !== null && ageMs > RENEWED_MS ? ((ageMs + byMs) as A) : ageMs;
  const probes = report.probes.map((probe) => ({ ...probe, answeredAgoMs: older(probe.answeredAgoMs) }));
  if (report.kind === 'edge') {
    const traffic = report.traffic.map((row) => ({
      ...row,
      oldestWaitingMs: older(row.oldestWaitingMs),
      answeredAgoMs: older(row.answeredAgoMs),
    }));
    return { ...report, probes, traffic };
  }
  const copies = report.copies.map(({ database, application, ...copy }) => ({
    ...copy,
    database: agedDatabase(database, older),
    application: { ...application, stateForMs: older(application.stateForMs) },
  }));
  return { ...report, probes, copies };
}

function agedDatabase(database: DatabaseReport, older: <A extends number | null>(ageMs: A) => A): DatabaseReport {
  const { stateForMs, heardAgoMs, disk, build } = database;
  return {
    ...database,
    stateForMs: older(stateForMs),
    heardAgoMs: older(heardAgoMs),
    disk: disk && { ...disk, stuckForMs: older(disk.stuckForMs) },
    build: build && { ...build, startedAgoMs: older(build.startedAgoMs) },
  };
}
