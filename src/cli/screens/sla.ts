/** Service levels: of all sites in a table, and of one with what explains it. */
import type { MonthLevel } from '../../record/level/asked.ts';
import type { Report, ReportIncident } from '../../report/report.ts';
import {
  availabilityWords,
  durationWords,
  lossWords,
  minuteWords,
  subjectWords,
  timeWords,
} from '../../report/words.ts';
import type { Paint } from './paint.ts';
import { table } from './words.ts';

export interface ListedLevel extends Omit<MonthLevel, 'days' | 'bad'> {
  /** The burn alert that holds now. */
  burning?: { rule: string; burn: number | null } | null;
}

const MOST_SPANS = 10;

/** In the order given. */
export function levelsScreen(levels: readonly ListedLevel[], paint: Paint): string {
  if (levels.length === 0) return 'No site yet.\n';
  const head = ['site', 'availability', 'target', 'bad minutes', 'budget left', 'burn', 'credit'].map((word) =>
    paint.dim(word),
  );
  const rows = levels.map((level) => [
    level.site,
    availability(level, paint),
    availabilityWords(level.target),
    String(level.figures.badMinutes),
    budgetLeft(level, paint),
    `${burn(level, paint)}${alert(level, paint)}`,
    level.credit === 0 ? '' : paint.red(`${level.credit} %`),
  ]);
  return `${table([head, ...rows])}\n`;
}

export function levelScreen(report: Report, paint: Paint): string {
  const { level, incidents, bad, maintenance } = report;
  const { figures, budget, credit, target } = level;
  const facts: [string, string][] = [
    ['availability', `${availability(level, paint)} (target ${availabilityWords(target)})`],
    [
      'counted',
      `${figures.minutes} minutes to ${minuteWords(level.until)} UTC, ${figures.badMinutes} of them bad${without(figures)}`,
    ],
    ['requests', `${figures.requests}, ${figures.failed} of them failed`],
    ['error budget', `${budgetLeft(level, paint)} of ${budget.minutes.toFixed(1)} min; burn ${burn(level, paint)}`],
    ['credit', credit === 0 ? 'none' : paint.red(`${credit} % of the monthly price`)],
  ];
  const spans = bad.slice(-MOST_SPANS).map(({ from, to }) => `  ${minuteWords(from)}  ${to - from} min`);
  const lines = [
    paint.bold(`${level.site}, ${level.month}`),
    table(facts.map(([name, words]) => [paint.dim(name), words])),
    ...section('incidents', incidents.map(incidentLine)),
    ...section(bad.length > MOST_SPANS ? `the newest ${MOST_SPANS} of ${bad.length} bad times` : 'bad times', spans),
    ...section(
      'announced maintenance',
      maintenance.map(({ from, to, title }) => `  ${timeWords(from)} to ${timeWords(to)}  ${title}`),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function without({ excludedMinutes, unmeasuredMinutes }: MonthLevel['figures']): string {
  const parts = [
    excludedMinutes > 0 ? `${excludedMinutes} of maintenance left out` : '',
    unmeasuredMinutes > 0 ? `${unmeasuredMinutes} not measured` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : `; ${parts.join(', ')}`;
}

function section(title: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : ['', `${title} (UTC):`, ...lines];
}

function incidentLine({ openedAt, closedAt, subject, impact }: ReportIncident): string {
  const over = closedAt === null ? 'goes on' : `over after ${durationWords(closedAt - openedAt)}`;
  const meant =
    impact === null
      ? 'not counted'
      : `${impact.failed} of ${impact.requests} requests failed, ${impact.held} held, down ${impact.downSeconds} s, RPO: ${lossWords(impact)}`;
  return `  ${timeWords(openedAt)}  ${subjectWords(subject)}; ${over}; ${meant}`;
}

function availability({ figures, target }: ListedLevel, paint: Paint): string {
  const words = availabilityWords(figures.availability);
  if (figures.availability === null) return paint.dim(words);
  return figures.badMinutes <= (1 - target) * figures.minutes + 1e-9 ? paint.green(words) : paint.red(words);
}

function budgetLeft({ budget }: ListedLevel, paint: Paint): string {
  const words = `${budget.left.toFixed(1)} min`;
  if (budget.left < 0) return paint.red(words);
  return budget.left < budget.minutes / 4 ? paint.yellow(words) : words;
}

function alert({ burning }: ListedLevel, paint: Paint): string {
  if (burning == null) return '';
  return paint.red(` burns now (${burning.rule}${burning.burn === null ? '' : `, ${burning.burn.toFixed(1)} ×`})`);
}

/** So many times as fast as the target allows. */
function burn({ budget }: ListedLevel, paint: Paint): string {
  if (budget.burn === null) return paint.dim('–');
  const words = `${budget.burn.toFixed(2)} ×`;
  return budget.burn > 1 ? paint.red(words) : words;
}
