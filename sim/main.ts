/** `npm run sim`: seeds of faults, zone-years of ordinary trouble, or the time line of one seed. Exit status 1 when anything was broken. */
import { availableParallelism } from 'node:os';
import { type Paint, paintFor } from '../src/cli/screens/paint.ts';
import { systemClock } from '../src/platform/clock.ts';
import { planOf } from './faults/plan.ts';
import { planWords } from './faults/words.ts';
import { parseSimOptions, type Range, type SimCommand, seedsOf } from './run/options.ts';
import { runPool } from './run/pool.ts';
import { addResult, emptySummary, finish, progressLine, resultScreen, type Summary } from './run/result.ts';
import { judge } from './run/seed.ts';
import { timeLine } from './run/time-line.ts';
import { simulate } from './world/index.ts';

const REDRAW_MS = 250;
const WIDTH = process.stdout.columns ?? 160;

const command = parseSimOptions(process.argv.slice(2));
const paint = paintFor(process.stdout);
process.exitCode = (await work(command)) ? 0 : 1;

/** True: nothing was broken. */
async function work({ seeds, trace, json }: SimCommand): Promise<boolean> {
  if (trace) return showTrace(seeds!.first);
  const summary = seeds === undefined ? null : await runSeeds(seeds);
  if (json) process.stdout.write(`${JSON.stringify({ seeds: summary })}\n`);
  else if (summary !== null) process.stdout.write(resultScreen(summary, paint));
  return summary === null || summary.failed.length === 0;
}

async function runSeeds(seeds: Range): Promise<Summary> {
  const sum = emptySummary();
  const startedAt = systemClock.mono();
  const tookMs = () => systemClock.mono() - startedAt;
  const line = createLine(() => progressLine(sum, seeds.last - seeds.first + 1, tookMs()));
  await runPool({
    seeds: seedsOf(seeds),
    bugs: command.bug,
    workers: availableParallelism(),
    clock: systemClock,
    onResult: (result) => addResult(sum, result, command.bug),
  });
  line.end();
  finish(sum, tookMs());
  return sum;
}

async function showTrace(seed: number): Promise<boolean> {
  const options = planOf(seed, new Set(command.bug));
  const run = await simulate(options);
  const { broken } = judge(run);
  if (command.json) {
    process.stdout.write(`${JSON.stringify({ seed, plan: planWords(options), broken, events: run.events })}\n`);
    return broken.length === 0;
  }
  process.stdout.write(`${paint.bold(`Seed ${seed}`)}\n  ${planWords(options).join('\n  ')}\n\n`);
  process.stdout.write(`${timeLine(run, broken, WIDTH, paint)}\n\n${traceVerdict(broken.length, paint)}\n`);
  return broken.length === 0;
}

function traceVerdict(broken: number, { green, red }: Paint): string {
  return broken === 0 ? green('Nothing was broken.') : red(`${broken} breaches.`);
}

/** A line on a terminal that is written over until it ends; elsewhere nothing. */
function createLine(words: () => string): { end(): void } {
  const out = process.stderr;
  if (!out.isTTY) return { end: () => {} };
  const stop = systemClock.every(REDRAW_MS, () => {
    out.write(`\r\x1b[2K${words()}`);
  });
  return {
    end: () => {
      stop();
      out.write('\r\x1b[2K');
    },
  };
}
