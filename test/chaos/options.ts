/** The chaos run's command line. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { FAULTS } from './faults/index.ts';

export interface ChaosCommand {
  minutes: number;
  seed?: number;
  rounds?: { first: number; last: number };
  clients: number;
  series?: 'double' | 'heal';
  count: number;
  only?: string;
  lasting: number;
  plant?: 'leak';
  replay?: string;
  history?: string;
  json?: boolean;
}

export function parseChaosOptions(argv: string[]): ChaosCommand {
  return new Command('npm run chaos --')
    .description(
      'Breaks a platform of its own at random while clients write, and checks every promise about their data.',
    )
    .option('--minutes <n>', 'begin no new round after so long', positive, 5)
    .option('--seed <n>', 'the plan of faults; the same one again replays it', whole)
    .option('--rounds <a..b>', 'only these rounds of the seed, whatever the minutes', range)
    .option('--clients <n>', 'how many write at the same time', whole, 6)
    .addOption(new Option('--series <name>', 'a fixed series instead of a random one').choices(['double', 'heal']))
    .option('--count <n>', 'of the series "heal": so many random moments', whole, 100)
    .addOption(
      new Option('--only <kind>', 'every round has this one fault of the live zone').choices(Object.keys(FAULTS)),
    )
    .option('--lasting <seconds>', 'how long it lasts', positive, 15)
    .addOption(new Option('--plant <bug>', 'shows that the checker sees it').choices(['leak']))
    .option('--replay <history>', 'judge a history that was kept, without running anything')
    .option('--history <file>', 'where the history is kept')
    .option('--json', 'the summary as one JSON object on standard output')
    .showHelpAfterError()
    .parse(argv, { from: 'user' })
    .opts<ChaosCommand>();
}

function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0)) throw new InvalidArgumentError('a number above 0');
  return value;
}

function whole(text: string): number {
  const value = positive(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('a whole number, 1 or more');
  return value;
}

function range(text: string): { first: number; last: number } {
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(text);
  if (!match) throw new InvalidArgumentError('one round, or the first and the last: 3..7');
  return { first: Number(match[1]), last: Number(match[2] ?? match[1]) };
}
