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
const YEARS_SEED = 1;
const WIDTH = process.stdout.columns ?? 160;

const command = parseSimOptions(process.argv.slice(2));
const paint = paintFor(process.stdout);
process.exitCode = (await work(command)) ? 0 : 1;

/** True: nothing was broken, and nothing moved for nothing. */
async function work({ seeds, years: zoneYears, episode, trace, json }: SimCommand): Promise<boolean> {
  if (trace) return showTrace(seeds!.first);
  if (episode !== undefined) return showEpisode(episode);
  const summary = seeds === undefined ? null : await runSeeds(seeds);
  if (summary !== null && !json) process.stdout.write(resultScreen(summary, paint));
  const years = zoneYears === undefined ? null : await runYears(zoneYears);
  if (years !== null && !json) process.stdout.write(`${years.screen}\n`);
  if (json) process.stdout.write(`${JSON.stringify({ seeds: summary, years: years?.result ?? null })}\n`);
  return (summary?.failed.length ?? 0) === 0 && (years?.result.falseFailovers.length ?? 0) === 0;
}

/** Zone-years of ordinary trouble; always the same ones. */
async function runYears(zoneYears: number) {
  const { years, screenOf } = await import('./ordinary/index.ts');
  let words = 'warming up';
  const line = createLine(() => words);
  const onProgress = (done: number, of: number) => {
    words = `${done} of ${of} episodes of ordinary trouble`;
  };
  const result = await years({ zoneYears, seed: YEARS_SEED, workers: availableParallelism(), onProgress });
  line.end();
  return { result, screen: screenOf(result) };
}

async function showEpisode(seed: number): Promise<boolean> {
  const { episodeTimeline } = await import('./ordinary/index.ts');
  process.stdout.write(`${episodeTimeline(seed).join('\n')}\n`);
  return true;
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
