/** `npm run bench -- NAME [options]`: measures one of the project's numbers and prints it beside what is asked of it. */
import { Command, InvalidArgumentError } from 'commander';
import { benchApi } from './api/index.ts';
import { benchApply } from './apply/index.ts';
import { benchBuild } from './build/index.ts';
import { benchDetector } from './detector/index.ts';
import { benchEvacuate } from './evacuate/index.ts';
import { benchFiles } from './files/index.ts';
import { benchMemory } from './memory/index.ts';
import { benchMove } from './move/index.ts';
import { benchPromote } from './promote/index.ts';

const BENCHES = {
  api: benchApi,
  apply: benchApply,
  build: benchBuild,
  detector: benchDetector,
  evacuate: benchEvacuate,
  files: benchFiles,
  memory: benchMemory,
  move: benchMove,
  promote: benchPromote,
} as const;

function positive(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('a number above 0 belongs here');
  return number;
}

const program = new Command('npm run bench --')
  .argument('<name>', `what to measure: ${Object.keys(BENCHES).join(', ')}`)
  .option('--part <name...>', 'of detector: delay, rules, cost (default: all of them)')
  .option('--quick', 'far fewer runs: to see that it works, not to measure', false)
  .option(
    '--runs <n>',
    'of detector: traces of each fault; of move: moves; of promote: promotions of each kind; of build and apply: rounds',
    positive,
  )
  .option('--rate <n>', 'of move: requests a second; of evacuate: to each site', positive)
  .option('--copies <n>', 'of evacuate: 2 or 3 of each site', positive)
  .option('--gb <n>', 'of build: size of the database', positive)
  .option(
    '--sites <n>',
    'of api: sites in all; of memory and files: idle sites on one host; of evacuate: sites in the zone',
    positive,
  )
  .option('--years <n>', 'zone-years of ordinary trouble for the false alarms of each rule', positive)
  .option('--seed <n>', 'the chance it begins with', positive, 1)
  .option('--json', 'the figures as one JSON document', false)
  .parse();
const values = program.opts<{
  part?: string[];
  quick: boolean;
  runs?: number;
  rate?: number;
  copies?: number;
  gb?: number;
  sites?: number;
  years?: number;
  seed: number;
  json: boolean;
}>();
const name = program.args[0]!;
const bench = BENCHES[name as keyof typeof BENCHES];
if (bench === undefined)
  program.error(`error: nothing here measures ${name}; it can be ${Object.keys(BENCHES).join(', ')}`);
const progress = process.stderr.isTTY ? (text: string) => process.stderr.write(`\r${text.padEnd(60)}`) : () => {};
const result = await bench({
  quick: values.quick,
  parts: values.part ?? null,
  runs: values.runs ?? null,
  rate: values.rate ?? null,
  copies: values.copies ?? null,
  gb: values.gb ?? null,
  sites: values.sites ?? null,
  zoneYears: values.years ?? null,
  seed: values.seed,
  onProgress: progress,
});
if (process.stderr.isTTY) process.stderr.write('\r'.padEnd(62).concat('\r'));
console.log(values.json ? JSON.stringify(result.data, null, 2) : result.screen);
