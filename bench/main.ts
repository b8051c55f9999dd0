/** `npm run bench -- NAME [options]`: measures one of the project's numbers and prints it beside what is asked of it. */
import { parseArgs } from 'node:util';
import { benchDetector } from './detector/index.ts';

const BENCHES = { detector: benchDetector } as const;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    part: { type: 'string', multiple: true },
    runs: { type: 'string' },
    years: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});
const bench = BENCHES[positionals[0] as keyof typeof BENCHES];
if (bench === undefined) {
  console.error(
    `usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [--part NAME] [--quick] [--json] [--seed N]`,
  );
  process.exit(1);
}
const progress = process.stderr.isTTY ? (text: string) => process.stderr.write(`\r${text.padEnd(60)}`) : () => {};
const result = await bench({
  quick: values.quick,
  parts: values.part ?? null,
  runs: values.runs === undefined ? null : Number(values.runs),
  zoneYears: values.years === undefined ? null : Number(values.years),
  seed: Number(values.seed),
  onProgress: progress,
});
if (process.stderr.isTTY) process.stderr.write('\r'.padEnd(62).concat('\r'));
console.log(values.json ? JSON.stringify(result.data, null, 2) : result.screen);
