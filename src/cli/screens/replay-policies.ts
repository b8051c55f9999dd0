/** When each policy would have moved each site, side by side, and what it waited for. */
import type { PolicyOutcome, ReplayResult, SiteOutcome } from '../../replay/result.ts';
import type { Paint } from './paint.ts';
import { duration, exactSeconds, table, wrap } from './words.ts';

const MOST_ROWS = 20;
const MOST_REASONS = 12;

export function policiesPart(result: ReplayResult, width: number, paint: Paint): string {
  const columns = [{ name: 'as recorded', sites: result.moves }, ...result.policies];
  const heading = paint.bold('First move of each site, by policy');
  const sites = [...new Set(columns.flatMap((column) => column.sites.map(({ site }) => site)))].sort();
  if (sites.length === 0) return `${heading}\n  no policy would have moved or refused to move anything`;
  const rows = groupRows(sites, columns);
  const head = ['', ...columns.map(({ name }) => paint.bold(name))];
  const lines = [heading, table([head, ...rows.slice(0, MOST_ROWS)], '  ')];
  if (rows.length > MOST_ROWS) lines.push(`  … and ${rows.length - MOST_ROWS} more (--json has them all)`);
  const reasons = columns.flatMap((column) => reasonLines(column, width, paint));
  lines.push(...reasons.slice(0, MOST_REASONS));
  if (columns.some((column) => column.sites.some(({ recordedMoveAt }) => recordedMoveAt !== null)))
    lines.push(`  * ${paint.dim(wrap(COUNTERFACTUAL, width - 4, '    '))}`);
  return lines.join('\n');
}

const COUNTERFACTUAL =
  'Guessed: the recording moved the site before this policy would have. From there on its copies are taken to be as they ' +
  'were just before, and everything else goes on as recorded, so visitors and probes may already tell of a world after the move.';

interface Column {
  name: string;
  sites: SiteOutcome[];
}

/** Sites of which every column says the same share a row. */
function groupRows(sites: string[], columns: (Column | PolicyOutcome)[]): string[][] {
  const lookUp = columns.map((column) => new Map(column.sites.map((each) => [each.site, each])));
  const rows = new Map<string, { sites: string[]; cells: string[] }>();
  for (const site of sites) {
    const cells = lookUp.map((column) => cellOf(column.get(site)));
    const known = rows.get(cells.join('|'));
    if (known === undefined) rows.set(cells.join('|'), { sites: [site], cells });
    else known.sites.push(site);
  }
  return [...rows.values()].map(({ sites: these, cells }) => [nameOf(these), ...cells]);
}

const nameOf = (sites: string[]) => (sites.length === 1 ? sites[0]! : `${sites[0]} and ${sites.length - 1} more`);

function cellOf(outcome: SiteOutcome | undefined): string {
  const move = outcome?.move ?? null;
  const guess = outcome?.recordedMoveAt === null || outcome === undefined ? '' : ' *';
  if (move === null) return `no move${guess}`;
  const after = move.afterMs === null ? '' : `, after ${duration(move.afterMs)}`;
  return `to ${move.to} at ${exactSeconds(move.at)}${after}${guess}`;
}

/** What the first sites waited for, or that there was nothing to wait for. */
function reasonLines(column: Column | PolicyOutcome, width: number, paint: Paint): string[] {
  const { name, sites } = column;
  if ('findings' in column && column.findings.length === 0)
    return [
      `  ${paint.dim(`${name}: finds nothing: up to the end of the recording no trouble had held for as long as it waits`)}`,
    ];
  const told = new Set<string>();
  return sites.flatMap(({ site, waited }) =>
    waited.flatMap(({ code, from, until, sentence }) => {
      if (told.has(code)) return [];
      told.add(code);
      const text = `${name}: ${code} from ${exactSeconds(from)} to ${exactSeconds(until)} (${site}): ${sentence}`;
      return [`  ${paint.dim(wrap(text, width - 2, '    '))}`];
    }),
  );
}
