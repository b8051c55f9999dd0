/** `npm run chaos`: random faults, several clients, and a checker. Exit status 1 when a promise was broken. */
import { randomInt } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { paintFor } from '../../src/cli/screens/paint.ts';
import { createProgress } from '../../src/local/progress.ts';
import { judge } from './check/index.ts';
import { planOnly, planRound, plantedRound, type RoundPlan } from './faults/plan.ts';
import { readHistory } from './history/file.ts';
import { type ChaosCommand, parseChaosOptions } from './options.ts';
import { roundLine, summaryScreen, violationsScreen } from './report/screen.ts';
import { type Ground, prepareGround } from './run/ground.ts';
import { type RunResult, runRounds } from './run/run.ts';
import { doubleSeries } from './series/double.ts';
import { healSeries } from './series/heal.ts';

const CLIENT_EVERY_MS = 250;

const command = parseChaosOptions(process.argv.slice(2));
const people = command.json ? process.stderr : process.stdout;
const paint = paintFor(people);
const abort = new AbortController();
const running: { ground: Ground | null } = { ground: null };
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, async () => {
    if (abort.signal.aborted) process.exit(130);
    abort.abort(new Error(`stopped by ${signal}`));
    if (running.ground === null) return;
    await running.ground.stop();
    process.exit(130);
  });
}

try {
  process.exitCode = (await work()) ? 0 : 1;
} catch (error) {
  if (!abort.signal.aborted) people.write(`\n${(error as Error)?.stack ?? error}\n`);
  process.exitCode = 1;
} finally {
  if (!abort.signal.aborted) await running.ground?.stop();
}
process.exit();

async function work(): Promise<boolean> {
  if (command.replay !== undefined) return replay(command.replay);
  const seed = command.seed ?? randomInt(1, 1_000_000);
  const historyFile = command.history ?? join(tmpdir(), `holdfast-chaos-${seed}-${process.pid}.ndjson`);
  const progress = createProgress(people);
  people.write(`seed ${seed}; the history is kept in ${historyFile}\n\n`);
  const ground = await prepareGround({
    seed,
    clients: command.clients,
    everyMs: CLIENT_EVERY_MS,
    name: process.env.HOLDFAST_INSTANCE ?? `chaos-${process.pid}`,
    historyFile,
    progress,
    signal: abort.signal,
  });
  running.ground = ground;
  await ground.clock.sleep(1_000);
  const result = await runRounds(ground, plansOf(command, seed), limitMs(command), (round) => {
    progress.say(roundLine(round, paint));
  });
  show(result, ground, seed);
  return result.failed === null;
}

/** A series is run whole, or the rounds of it that were asked for; a seed as long as there is time. */
function* plansOf({ rounds, series, count, plant, only, lasting }: ChaosCommand, seed: number): Iterable<RoundPlan> {
  const { first, last } = rounds ?? { first: 1, last: Number.POSITIVE_INFINITY };
  if (plant !== undefined) return yield plantedRound(plant);
  if (series === undefined) {
    for (let round = first; round <= last; round++) {
      yield only === undefined ? planRound(seed, round) : planOnly(seed, round, only, lasting * 1_000);
    }
    return;
  }
  const all = series === 'double' ? doubleSeries() : healSeries(seed, count);
  yield* all.filter(({ round }) => round >= first && round <= last);
}

function limitMs({ minutes, rounds, series }: ChaosCommand): number {
  return rounds === undefined && series === undefined ? minutes * 60_000 : Number.POSITIVE_INFINITY;
}

function show({ rounds, violations, failed }: RunResult, { operations, history }: Ground, seed: number): void {
  people.write(`\n${summaryScreen(rounds, operations, paint)}\n`);
  if (violations.length > 0) people.write(`\n${violationsScreen(violations, history.file, paint)}\n`);
  if (failed !== null)
    people.write(`\n${paint.red(failed)}\nAgain: npm run chaos -- --seed ${seed} --minutes ${command.minutes}\n`);
}

function replay(file: string): boolean {
  const { operations, states } = readHistory(file);
  const judged = judge(operations, states);
  people.write(`${operations.length} operations, ${states.length} copies, ${judged.reigns.length} reigns\n`);
  if (judged.violations.length === 0) people.write(`${paint.green('✓')} no promise was broken\n`);
  else people.write(`${violationsScreen(judged.violations, file, paint)}\n`);
  return judged.violations.length === 0;
}
