/** The simulator's command line. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { BUGS, type Bug } from '../trace.ts';

export interface Range {
  first: number;
  last: number;
}

export interface SimCommand {
  seeds?: Range;
  years?: number;
  episode?: number;
  trace?: boolean;
  json?: boolean;
  bug: Bug[];
}

const MOST_SEEDS = 1_000_000;
const MOST_YEARS = 1_000_000;

/** Writes what is wrong, and the help, to standard error and ends the process with status 1. */
export function parseSimOptions(argv: string[]): SimCommand {
  const program = new Command('npm run sim --')
    .description('Runs the whole system in virtual time under faults, and checks what it promises.')
    .option(
      '--seeds <range>',
      'one seed, or a range such as 1..1000 (default: 1..1000, unless --years is given)',
      range,
    )
    .option('--years <n>', 'so many zone-years of ordinary trouble: how often would it move a site for nothing?', years)
    .option('--episode <seed>', 'the time line of one episode of ordinary trouble', episode)
    .option('--trace', 'print the faults and the time line of one seed')
    .option('--json', 'the result as one JSON object on one line')
    .addOption(
      new Option('--bug <name>', 'switch a bug on, to see it caught (repeatable)')
        .choices(BUGS)
        .argParser(bug)
        .default([]),
    )
    .addHelpText('after', `\nBugs: ${BUGS.join(', ')}`)
    .showHelpAfterError('(npm run sim -- --help tells what there is)');
  const options = program.parse(argv, { from: 'user' }).opts<SimCommand>();
  if (options.trace && (options.seeds === undefined || options.seeds.first !== options.seeds.last)) {
    program.error('error: --trace needs one seed, as in --seeds 417 --trace');
  }
  if (options.trace && options.years !== undefined)
    program.error('error: --trace shows a seed; it does not go with --years');
  if (options.seeds === undefined && options.years === undefined && options.episode === undefined)
    options.seeds = { first: 1, last: 1_000 };
  return options;
}

export function* seedsOf({ first, last }: Range): Iterable<number> {
  for (let seed = first; seed <= last; seed += 1) yield seed;
}

function range(text: string): Range {
  const match = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(text.trim());
  if (match === null) throw new InvalidArgumentError('One seed, or two with two dots between: 417, or 1..1000.');
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (last < first) throw new InvalidArgumentError(`The range ends before it begins: write ${last}..${first}.`);
  if (last - first >= MOST_SEEDS) throw new InvalidArgumentError(`At most ${MOST_SEEDS} seeds at a time.`);
  return { first, last };
}

function years(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > MOST_YEARS)
    throw new InvalidArgumentError(`A whole number of zone-years, 1 to ${MOST_YEARS}.`);
  return value;
}

function episode(text: string): number {
  if (!/^\d{1,16}$/.test(text.trim()))
    throw new InvalidArgumentError('The number that a false failover was told with.');
  return Number(text);
}

function bug(name: string, before: Bug[]): Bug[] {
  const known = BUGS.find((one) => one === name);
  if (known === undefined) throw new InvalidArgumentError(`No such bug. There are: ${BUGS.join(', ')}.`);
  return [...before, known];
}
