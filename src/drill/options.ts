/** The drill's command line. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { FAULTS, type Fault } from './judge.ts';
import { DRILL_SITES } from './sites.ts';

export interface DrillCommand {
  fault: Fault;
  site: string;
  gets?: number;
  writes?: number;
  healAfter?: number;
  repeat: number;
  leaderInLiveZone?: boolean;
  json?: boolean;
}

export function parseDrillOptions(argv: string[]): DrillCommand {
  return new Command('npm run drill --')
    .description('Injects a fault while visitors come, and checks what was promised to them.')
    .addOption(new Option('--fault <fault>', 'what happens to the live zone').choices(FAULTS).makeOptionMandatory())
    .addOption(new Option('--site <site>', 'which example').choices(Object.keys(DRILL_SITES)).default('guestbook'))
    .option('--gets <n>', 'GETs a second', number)
    .option('--writes <n>', 'writes a second', number)
    .option('--heal-after <seconds>', 'undo the fault so long after it, and read everything back again', number)
    .option('--repeat <n>', 'so many drills one after the other, healing in between', count, 1)
    .option('--leader-in-live-zone', 'move the leadership of etcd into the zone first')
    .option('--json', 'one JSON object on one line for each drill')
    .showHelpAfterError()
    .parse(argv, { from: 'user' })
    .opts<DrillCommand>();
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError('a number, 0 or more');
  return value;
}

function count(text: string): number {
  const value = number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number, 1 or more');
  return value;
}
