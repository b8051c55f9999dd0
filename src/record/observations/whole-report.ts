/** Fills in what a written report leaves out and what follows from the rest: from the copy's role, or from earlier lines. */
import type { AgentReport, CopyReport, EdgeReport, Epoch, Report, SiteId, TrafficWindow } from '../../model/index.ts';
import type { agentReport, edgeReport, WrittenReport } from './reports.ts';

type WrittenCopy = ReturnType<typeof agentReport.parse>['copies'][number];
type WrittenTraffic = ReturnType<typeof edgeReport.parse>['traffic'][number];

export interface Known {
  /** What a report without a sequence gets. */
  sequence: number;
  /** The newest placement's epoch of a site, for copies that do not say which they know. */
  epochOf(site: SiteId): Epoch;
}

const CHECKS = 20;

export function toReport(written: WrittenReport, known: Known): Report {
  const sequence = written.sequence ?? known.sequence;
  if (written.kind === 'edge') {
    return { ...written, sequence, traffic: written.traffic.map(toTraffic) } satisfies EdgeReport;
  }
  return { ...written, sequence, copies: written.copies.map((copy) => toCopy(copy, known)) } satisfies AgentReport;
}

function toCopy(copy: WrittenCopy, { epochOf }: Known): CopyReport {
  const { database, application } = copy;
  const follows = database.follows !== null;
  const waits = database.waitsFor !== null;
  const ready = application.state === 'ready';
  const checks = application.checks ?? Array<number>(CHECKS).fill(ready ? 200 : 0);
  return {
    ...copy,
    epoch: copy.epoch ?? epochOf(copy.site),
    database: {
      ...database,
      writable: database.writable ?? copy.settled === 'live',
      gatePosition: database.gatePosition ?? (waits ? '' : null),
      acknowledgerConnected: database.acknowledgerConnected ?? waits,
      ioRunning: database.ioRunning ?? follows,
      sqlRunning: database.sqlRunning ?? follows,
      acknowledges: database.acknowledges ?? (follows && copy.settled === 'standby'),
      heardAgoMs: database.heardAgoMs === undefined ? (follows ? 20 : null) : database.heardAgoMs,
    },
    application: { ...application, checks, tookMs: application.tookMs ?? checks.map(() => 20) },
  };
}

function toTraffic(row: WrittenTraffic): TrafficWindow {
  const ended = row.answered + row.serverErrors + row.connectErrors + row.timeouts;
  const answers = row.answered + row.serverErrors > 0;
  return {
    ...row,
    attempts: row.attempts ?? ended,
    answeredAgoMs: row.answeredAgoMs === undefined ? (answers ? 20 : null) : row.answeredAgoMs,
  };
}
