/** Incidents: the list, and one of them as a chain with times. */
import type { Incident, IncidentEntry } from '../../model/index.ts';
import type { Paint } from './paint.ts';
import { dateTime, duration, table, widthOf, wrap } from './words.ts';

/** Newest first, one line each. */
export function incidentList(incidents: Incident[], now: number, paint: Paint): string {
  if (incidents.length === 0) return 'No incident so far.\n';
  const rows = incidents.map((incident) => [
    incident.id,
    dateTime(incident.openedAt),
    incident.closedAt === null
      ? paint.red(`open for ${duration(now - incident.openedAt)}`)
      : `took ${duration(incident.closedAt - incident.openedAt)}`,
    incident.subject,
    incident.sites.join(', '),
  ]);
  return `${table(rows)}\n`;
}

/** The chain, in the order of its times, each relative to the first; evidence indented below what it supports. */
export function incidentScreen(incident: Incident, width: number, paint: Paint): string {
  const entries = [...incident.entries].sort((x, y) => x.at - y.at);
  const first = entries[0]?.at ?? incident.openedAt;
  const end =
    incident.closedAt === null ? paint.red('open') : `closed after ${duration(incident.closedAt - incident.openedAt)}`;
  const head = `${paint.bold(incident.id)}  ${incident.subject}  ${dateTime(incident.openedAt)}  ${end}`;
  const lefts = entries.map((entry) => [`+${Math.round(entry.at - first)} ms`, entry.kind, entry.by]);
  const widths = [0, 1, 2].map((i) => Math.max(0, ...lefts.map((left) => left[i]!.length)));
  const lines = withoutRepetition(entries).map((entry, i) => entryLines(entry, lefts[i]!, widths, width, paint));
  return `${[head, `sites: ${incident.sites.join(', ') || 'none'}`, '', ...lines].join('\n')}\n`;
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
