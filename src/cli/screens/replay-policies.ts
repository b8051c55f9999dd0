/** When each policy would have moved each site, side by side, and what it waited for. */
import type { PolicyOutcome, ReplayResult, SiteOutcome } from '../../replay/result.ts';
import type { Paint } from './paint.ts';
import { exactSeconds, table, wrap } from './words.ts';

const MOST_ROWS = 20;
const MOST_REASONS = 12;
/** A move that waited for less than this did not wait for anything that a person would call so. */
const WORTH_TELLING_MS = 200;

export function policiesPart(result: ReplayResult, width: number, paint: Paint): string {
  const columns = [{ name: 'this version', sites: result.moves }, ...result.policies];
  const heading = paint.bold('First move of each site, by policy, and for how long the trouble had held by then');
  const sites = [...new Set(columns.flatMap((column) => column.sites.map(({ site }) => site)))].sort();
  if (sites.length === 0) return `${heading}\n  no policy would have moved or refused to move anything`;
  const rows = groupRows(sites, result.moves, columns);
  const head = ['', 'in fact', ...columns.map(({ name }) => name)].map((name) => paint.bold(name));
  const lines = [heading, table([head, ...rows.slice(0, MOST_ROWS)], '  ')];
  if (rows.length > MOST_ROWS) lines.push(`  … and ${rows.length - MOST_ROWS} more (--json has them all)`);
  const reasons = columns.flatMap((column) => reasonLines(column, width, paint));
  lines.push(...reasons.slice(0, MOST_REASONS));
  if (result.policies.some((column) => column.sites.some(isGuess)))
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

/** Moved, or not moved, after the recorded move: what the site's copies would have been like by then is not known. */
function isGuess({ move, recordedMove }: SiteOutcome): boolean {
  return recordedMove !== null && (move === null || move.counterfactual);
}

/** Sites of which every column says the same share a row. */
function groupRows(sites: string[], recorded: SiteOutcome[], columns: (Column | PolicyOutcome)[]): string[][] {
  const lookUp = columns.map((column) => new Map(column.sites.map((each) => [each.site, each])));
  const facts = new Map(recorded.map((each) => [each.site, each.recordedMove]));
  const rows = new Map<string, { sites: string[]; cells: string[] }>();
  for (const site of sites) {
    const fact = facts.get(site) ?? null;
    const inFact = fact === null ? 'no move' : `to ${fact.to} at ${exactSeconds(fact.at)}`;
    const cells = [inFact, ...lookUp.map((column, index) => cellOf(column.get(site), 'policy' in columns[index]!))];
    const known = rows.get(cells.join('|'));
    if (known === undefined) rows.set(cells.join('|'), { sites: [site], cells });
    else known.sites.push(site);
  }
  return [...rows.values()].map(({ sites: these, cells }) => [nameOf(these), ...cells]);
}

const nameOf = (sites: string[]) => (sites.length === 1 ? sites[0]! : `${sites[0]} and ${sites.length - 1} more`);

function cellOf(outcome: SiteOutcome | undefined, mayGuess: boolean): string {
  if (outcome === undefined) return 'no move';
  const guess = mayGuess && isGuess(outcome) ? ' *' : '';
  if (outcome.move === null) return `no move${guess}`;
  const { to, at, afterMs } = outcome.move;
  const after = afterMs === null ? '' : ` (${(afterMs / 1_000).toFixed(2)} s)`;
  return `to ${to} at ${exactSeconds(at)}${after}${guess}`;
}

/** What the first sites waited for, or that there was nothing to wait for. */
function reasonLines(column: Column | PolicyOutcome, width: number, paint: Paint): string[] {
  const { name, sites } = column;
  if ('findings' in column && column.findings.length === 0)
    return [
      `  ${paint.dim(`${name}: finds nothing: up to the end of the recording no trouble had held for as long as it waits`)}`,
    ];
  const told = new Set<string>();
  return sites.flatMap(({ site, waited, move }) =>
    waited.flatMap(({ code, from, until, sentence }) => {
      if (told.has(code) || (move !== null && until - from < WORTH_TELLING_MS)) return [];
      told.add(code);
      const text = `${name}: ${code} from ${exactSeconds(from)} to ${exactSeconds(until)} (${site}): ${sentence}`;
      return [`  ${paint.dim(wrap(text, width - 2, '    '))}`];
    }),
  );
}
