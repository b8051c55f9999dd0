/** The report as one table for spreadsheets: a row for the month, one a day, one an incident, one a maintenance (RFC 4180, UTF-8). Pure. */
import type { LevelFigures } from '../record/level/level.ts';
import type { Report } from './report.ts';
import { subjectWords } from './words.ts';

const COLUMNS = [
  'kind',
  'site',
  'name',
  'from',
  'to',
  'requests',
  'failed',
  'minutes',
  'bad_minutes',
  'excluded_minutes',
  'unmeasured_minutes',
  'availability',
  'target',
  'budget_minutes',
  'budget_left',
  'burn',
  'credit_percent',
  'held',
  'longest_ms',
  'down_seconds',
  'rto_ms',
  'transactions_lost',
] as const;

type MonthRow = Omit<Report['level'], 'days' | 'bad'>;
type Cell = string | number | null;
type Row = Partial<Record<(typeof COLUMNS)[number], Cell>>;

export function reportCsv(report: Report): string {
  const { level, incidents, maintenance } = report;
  const { site } = level;
  return tableOf([
    monthRow(report.level),
    ...level.days.map(({ day, ...figures }) => ({ kind: 'day', site, name: day, ...figuresOf(figures) })),
    ...incidents.map(({ id, subject, openedAt, closedAt, impact }) => ({
      kind: 'incident',
      site,
      name: `${subjectWords(subject)} (${id})`,
      from: iso(openedAt),
      to: closedAt === null ? null : iso(closedAt),
      requests: impact?.requests ?? null,
      failed: impact?.failed ?? null,
      held: impact?.held ?? null,
      longest_ms: impact === null ? null : Math.round(impact.longestMs),
      down_seconds: impact?.downSeconds ?? null,
      rto_ms: impact?.rtoMs ?? null,
      transactions_lost: impact?.transactionsLost ?? null,
    })),
    ...maintenance.map(({ title, from, to }) => ({
      kind: 'maintenance',
      site,
      name: title,
      from: iso(from),
      to: iso(to),
    })),
  ]);
}

/** A month of each of many sites. */
export function levelsCsv(levels: readonly MonthRow[]): string {
  return tableOf(levels.map(monthRow));
}

function monthRow({ site, month, figures, target, budget, credit }: MonthRow): Row {
  return {
    kind: 'month',
    site,
    name: month,
    ...figuresOf(figures),
    target,
    budget_minutes: rounded(budget.minutes),
    budget_left: rounded(budget.left),
    burn: budget.burn === null ? null : rounded(budget.burn),
    credit_percent: credit,
  };
}

function figuresOf(figures: LevelFigures): Row {
  return {
    requests: figures.requests,
    failed: figures.failed,
    minutes: figures.minutes,
    bad_minutes: figures.badMinutes,
    excluded_minutes: figures.excludedMinutes,
    unmeasured_minutes: figures.unmeasuredMinutes,
    availability: figures.availability,
  };
}

function tableOf(rows: readonly Row[]): string {
  const lines = [COLUMNS.join(','), ...rows.map((row) => COLUMNS.map((column) => cell(row[column] ?? null)).join(','))];
  return `${lines.join('\r\n')}\r\n`;
}

/** Text that a spreadsheet would take for a formula is marked as text. */
function cell(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function rounded(value: number): number {
  return Number(value.toFixed(6));
}
