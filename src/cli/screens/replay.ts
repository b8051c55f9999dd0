/** A replay for a terminal: what was recorded, the time line, how it compares with then, and what other policies would have done. */
import type { ReplayResult, TimelineEntry } from '../../replay/result.ts';
import type { Paint } from './paint.ts';
import { differencesPart } from './replay-differences.ts';
import { policiesPart } from './replay-policies.ts';
import { dateTime, duration, exactSeconds, widthOf, wrap } from './words.ts';

/** So many lines of time line are shown; the JSON output has them all. */
const MOST_ENTRIES = 400;

/** `asked`: the policy file's name when one was given. */
export function replayScreen(result: ReplayResult, file: string, width: number, paint: Paint): string {
  const parts = [
    headPart(result, file, width, paint),
    timelinePart(result.timeline, width, paint),
    differencesPart(result, width, paint),
    policiesPart(result, width, paint),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function headPart({ recorded }: ReplayResult, file: string, width: number, paint: Paint): string {
  const { controller, startedAt, lengthMs, reports, observers, turns, sites, incident, cutOff } = recorded;
  const told = startedAt === 0 ? '' : `, from ${dateTime(startedAt)} on`;
  const count = `${reports} reports of ${observers.length} observers, ${turns} turns, ${sites} ${sites === 1 ? 'site' : 'sites'}`;
  const lines = [
    wrap(`${paint.bold(file)}  controller in zone ${controller}${told}, ${duration(lengthMs)}: ${count}`, width, '  '),
  ];
  if (incident !== null) lines.push(`incident ${incident}`);
  if (cutOff) lines.push(paint.yellow('The last line is cut off in the middle; it was left out.'));
  return lines.join('\n');
}

function timelinePart(timeline: TimelineEntry[], width: number, paint: Paint): string {
  const heading = paint.bold('What this version finds, decides and refuses, while the world goes on as recorded');
  const groups = grouped(timeline);
  if (groups.length === 0) return `${heading}\n  nothing: no finding, no decision, no refusal`;
  const shown = groups.slice(0, MOST_ENTRIES);
  const atWidth = Math.max(...shown.map(({ entry }) => exactSeconds(entry.at).length));
  const sinceWidth = Math.max(...shown.map(({ entry }) => since(entry).length));
  const lines = shown.flatMap((group) => groupLines(group, atWidth, sinceWidth, width, paint));
  if (groups.length > shown.length) lines.push(`  … and ${groups.length - shown.length} more (--json has them all)`);
  const legend = paint.dim(`  ${'time'.padStart(atWidth)}  ${'trouble'.padStart(sinceWidth)}`);
  return [heading, legend, ...lines].join('\n');
}

interface Group {
  entry: TimelineEntry;
  /** Other sites of which the same holds at the same time. */
  others: string[];
}

/** One event of many sites is one line. */
function grouped(timeline: TimelineEntry[]): Group[] {
  const groups: Group[] = [];
  const newest = new Map<string, Group>();
  for (const entry of timeline) {
    const site = 'site' in entry ? entry.site : null;
    const name = site === null ? null : [entry.kind, codeOf(entry), entry.at].join(' ');
    const known = name === null ? undefined : newest.get(name);
    if (known !== undefined && known.entry.at === entry.at) known.others.push(site!);
    else {
      const group = { entry, others: [] };
      groups.push(group);
      if (name !== null) newest.set(name, group);
    }
  }
  return groups;
}

function groupLines(
  { entry, others }: Group,
  atWidth: number,
  sinceWidth: number,
  width: number,
  paint: Paint,
): string[] {
  const [kind, colour] = kindOf(entry, paint);
  const time = `  ${exactSeconds(entry.at).padStart(atWidth)}  ${paint.dim(since(entry).padStart(Math.max(sinceWidth, 7)))}`;
  const start = `${time}  ${colour(kind.padEnd(9))}  `;
  const indent = ' '.repeat(widthOf(start));
  const more = others.length === 0 ? '' : ` (and ${others.length} more ${others.length === 1 ? 'site' : 'sites'})`;
  const room = Math.max(40, width - indent.length);
  const lines = [start + wrap(`${textOf(entry)}${more}`, room, indent)];
  if (entry.kind === 'finding')
    for (const { observer, saw } of entry.evidence)
      lines.push(indent + paint.dim(`  ${wrap(`${observer}: ${saw}`, room - 2, `${indent}  `)}`));
  return lines;
}

function since({ sinceTroubleMs }: TimelineEntry): string {
  return sinceTroubleMs === null ? '' : `+${exactSeconds(sinceTroubleMs)}`;
}

function kindOf(entry: TimelineEntry, paint: Paint): [string, (text: string) => string] {
  const plain = (text: string) => text;
  switch (entry.kind) {
    case 'finding':
      return ['finding', paint.yellow];
    case 'decision':
      return ['decision', paint.cyan];
    case 'refusal':
      return ['refusal', paint.red];
    case 'finding-ended':
    case 'refusal-ended':
      return ['over', paint.green];
    case 'stall':
      return ['pause', paint.yellow];
    case 'placement':
      return ['recorded', paint.dim];
    case 'not-committed':
      return ['recorded', paint.dim];
    case 'end':
      return ['end', plain];
  }
}

function codeOf(entry: TimelineEntry): string {
  if ('code' in entry) return entry.code;
  return entry.kind === 'placement' ? `${entry.decision} ${entry.live} ${entry.standby}` : '';
}

function textOf(entry: TimelineEntry): string {
  switch (entry.kind) {
    case 'finding':
    case 'decision':
    case 'refusal':
      return `${entry.code}: ${entry.sentence}`;
    case 'finding-ended':
      return `${entry.subject}, after ${duration(entry.lastedMs)}`;
    case 'refusal-ended':
      return `${entry.code} of ${entry.site}, after ${duration(entry.lastedMs)}`;
    case 'stall':
      return `this controller was not running for ${duration(entry.forMs)}: it forgets what it heard, and listens anew`;
    case 'placement': {
      const standby =
        entry.standby === null ? 'no standby' : `standby ${entry.standby}${entry.inSync ? ', in sync' : ''}`;
      return `${entry.site} epoch ${entry.epoch}: live in ${entry.live}, ${standby} (${entry.decision})`;
    }
    case 'not-committed':
      return `${entry.code} of ${entry.site} was not committed: ${entry.outcome}`;
    case 'end':
      return entry.why;
  }
}
