/** `npm run bench -- NAME [options]`: measures one of the project's numbers and prints it beside what is asked of it. */
import { Command, InvalidArgumentError } from 'commander';
import { benchDetector } from './detector/index.ts';

const BENCHES = { detector: benchDetector } as const;

function positive(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('a number above 0 belongs here');
  return number;
}

const program = new Command('npm run bench --')
  .argument('<name>', `what to measure: ${Object.keys(BENCHES).join(', ')}`)
  .option('--part <name...>', 'of detector: delay, rules, cost (default: all of them)')
  .option('--quick', 'far fewer runs: to see that it works, not to measure', false)
  .option('--runs <n>', 'traces of each fault', positive)
  .option('--years <n>', 'zone-years of ordinary trouble for the false alarms of each rule', positive)
  .option('--seed <n>', 'the chance it begins with', positive, 1)
  .option('--json', 'the figures as one JSON document', false)
  .parse();
const values = program.opts<{
  part?: string[];
  quick: boolean;
  runs?: number;
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
  zoneYears: values.years ?? null,
  seed: values.seed,
  onProgress: progress,
});
if (process.stderr.isTTY) process.stderr.write('\r'.padEnd(62).concat('\r'));
console.log(values.json ? JSON.stringify(result.data, null, 2) : result.screen);
