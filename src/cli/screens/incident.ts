/** Incidents: the list, and one of them as a chain with times. */
import type { Impact, Incident, IncidentEntry, TimeLine, UpdateState } from '../../model/index.ts';
import { impactSentence } from '../../record/impact/words.ts';
import { isPlanned } from '../../record/journal.ts';
import { holding, stateOf, updatesOf } from '../../record/updates.ts';
import type { Paint } from './paint.ts';
import { dateTime, duration, table, widthOf, wrap } from './words.ts';

type Listed = Omit<Incident, 'entries'> & { holder: string | null; state: UpdateState | null };

/** So many of its sites are named in a list; all of them stand in the incident itself. */
const MOST_NAMED = 5;

/** Newest first, one line each. */
export function incidentList(incidents: Listed[], now: number, paint: Paint): string {
  if (incidents.length === 0) return 'No incident so far.\n';
  const rows = incidents.map((incident) => [
    incident.id,
    dateTime(incident.openedAt),
    incident.closedAt === null
      ? openWords(incident, now, paint)
      : `took ${duration(incident.closedAt - incident.openedAt)}`,
    isPlanned(incident.subject) ? paint.dim('planned') : 'incident',
    incident.subject,
    saidWords(incident, paint),
    sitesWords(incident.sites),
  ]);
  return `${table(rows)}\n`;
}

/** `identified, Anna has it`; nothing for what is over and needed nobody. */
function saidWords({ subject, closedAt, holder, state }: Listed, paint: Paint): string {
  if (isPlanned(subject) || (closedAt !== null && holder === null && state === 'resolved')) return '';
  const who = holder === null ? (closedAt === null ? paint.yellow('nobody has it') : '') : `${holder} has it`;
  return [state ?? '', who].filter((part) => part !== '').join(', ');
}

function sitesWords(sites: readonly string[]): string {
  const more = sites.length - MOST_NAMED;
  return `${sites.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** A planned move that goes on is nothing to worry about. */
function openWords({ subject, openedAt }: Pick<Incident, 'subject' | 'openedAt'>, now: number, paint: Paint): string {
  const since = duration(now - openedAt);
  return isPlanned(subject) ? paint.cyan(`for ${since} now`) : paint.red(`open for ${since}`);
}

/** As the API answers it. */
export interface WholeIncident extends Incident {
  /** So many entries of the middle. */
  leftOut: number;
  timeLine: TimeLine;
  impact: { sites: number; final: boolean } | null;
  impacts: Impact[];
}

/** What it meant, and the chain in the order of its times, each relative to the first; evidence indented below what it supports. */
export function incidentScreen(incident: WholeIncident, width: number, paint: Paint): string {
  const entries = incident.entries.filter(({ impact }) => impact === undefined).sort((x, y) => x.at - y.at);
  const first = entries[0]?.at ?? incident.openedAt;
  const end =
    incident.closedAt === null ? paint.red('open') : `closed after ${duration(incident.closedAt - incident.openedAt)}`;
  const head = `${paint.bold(incident.id)}  ${incident.subject}  ${dateTime(incident.openedAt)}  ${end}`;
  const lefts = entries.map((entry) => [`+${Math.round(entry.at - first)} ms`, entry.kind, entry.by]);
  const widths = [0, 1, 2].map((i) => Math.max(0, ...lefts.map((left) => left[i]!.length)));
  const lines = withoutRepetition(entries).map((entry, i) => entryLines(entry, lefts[i]!, widths, width, paint));
  const said = saidWords({ ...incident, holder: holding(incident).holder, state: stateOf(incident) }, paint);
  const newest = updatesOf(incident).at(-1);
  const quoted = newest === undefined ? [] : [wrap(`${newest.by}: ${newest.text}`, width, '  ')];
  const top = [
    head,
    `sites: ${incident.sites.join(', ') || 'none'}`,
    ...(said === '' ? [] : [said]),
    ...quoted,
    ...timeLineLine(incident.timeLine),
    ...impactLines(incident, width),
  ];
  return `${[...top, '', ...lines].join('\n')}\n`;
}

/** `began 14:03:22, noticed +640 ms, …`; nothing where no evidence began it. */
function timeLineLine({ began, ...marks }: TimeLine): string[] {
  if (began === null) return [];
  const reached = Object.entries(marks).flatMap(([name, at]) =>
    at === null ? [] : [`${name} +${duration(Math.max(0, at - began))}`],
  );
  return [`evidence from ${dateTime(began)}: ${reached.join(', ')}`];
}

function impactLines({ impact, impacts }: WholeIncident, width: number): string[] {
  if (impact === null) return [];
  const shown = impacts.slice(0, MOST_NAMED);
  const more = impact.sites - shown.length;
  return [
    impact.final ? 'what it meant:' : 'what it has meant so far:',
    ...shown.map((one) => `  ${wrap(impactSentence(one), width - 4, '    ')}`),
    ...(more > 0 ? [`  and ${more} sites less hit (--json has them)`] : []),
  ];
}

/** Evidence that an earlier entry (an observation) has told is not told again. */
function withoutRepetition(entries: IncidentEntry[]): IncidentEntry[] {
  const told = new Set<string>();
  return entries.map((entry) => {
    told.add(entry.sentence);
    const evidence = entry.evidence.filter(({ observer, saw }) => !told.has(`${observer}: ${saw}`));
    for (const { observer, saw } of evidence) told.add(`${observer}: ${saw}`);
    return { ...entry, evidence };
  });
}

function entryLines(entry: IncidentEntry, left: string[], widths: number[], width: number, paint: Paint): string {
  const [at, kind, by] = [left[0]!.padStart(widths[0]!), left[1]!.padEnd(widths[1]!), left[2]!.padEnd(widths[2]!)];
  const start = `${at}  ${kindColour(entry, paint)(kind)}  ${paint.dim(by)}  `;
  const indent = ' '.repeat(widthOf(start));
  const room = Math.max(40, width - indent.length);
  const text = wrap(entry.sentence, room, indent);
  const evidence = entry.evidence.map(
    (each) => `\n${indent}  ${paint.dim(wrap(`${each.observer}: ${each.saw}`, room - 2, `${indent}  `))}`,
  );
  return start + text + evidence.join('');
}

function kindColour(entry: IncidentEntry, paint: Paint): (text: string) => string {
  if (entry.kind === 'finding') return paint.yellow;
  if (entry.kind === 'refusal') return paint.red;
  if (entry.kind === 'decision') return paint.cyan;
  return entry.kind === 'result' ? paint.green : (text) => text;
}
