/** `npm run drill`: a fault under the eyes of visitors, and the verdict. Exit status 1 when a promise was broken. */
import { paintFor } from '../cli/screens/paint.ts';
import { Trouble } from '../cli/trouble.ts';
import { readInstance } from '../local/instance.ts';
import { type Platform, startPlatform } from '../local/platform.ts';
import { createProgress } from '../local/progress.ts';
import { systemClock } from '../platform/clock.ts';
import { createLog } from '../platform/log.ts';
import { openEtcdStore } from '../store/etcd.ts';
import { FAULT_VERBS } from './faults.ts';
import type { DrillResult } from './judge.ts';
import { parseDrillOptions } from './options.ts';
import { type Promised, promisesOf } from './promises.ts';
import { type DrillOutcome, type Ground, runDrill } from './run.ts';
import { summary, summaryTable, timeLine, verdict } from './screen.ts';
import { DRILL_SITES } from './sites.ts';
import { untilTakenIn } from './taken-in.ts';

const command = parseDrillOptions(process.argv.slice(2));
const site = DRILL_SITES[command.site]!;
// With --json standard output holds nothing but the JSON.
const people = command.json ? process.stderr : process.stdout;
const progress = createProgress(people);

let own: Platform | null = null;
const abort = new AbortController();
let ending = false;
let started = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, async () => {
    if (ending) process.exit(130);
    ending = true;
    abort.abort(new Error(`stopped by ${signal}`));
    // While it comes up, its start takes it down itself and the end of this file is reached.
    if (own === null && !started) return;
    await own?.stop();
    process.exit(130);
  });
}

try {
  const running = readInstance();
  if (running === null) own = await startPlatform({ siteFile: site.file, progress, signal: abort.signal });
  started = true;
  const instance = own?.instance ?? running!;
  const store = openEtcdStore({
    endpoints: instance.endpoints,
    clock: systemClock,
    log: createLog('drill', {}, 'error'),
  });
  try {
    const ground = { instance, store, clock: systemClock, progress };
    await needsSite(ground);
    process.exitCode = (await drills(ground)) ? 0 : 1;
  } finally {
    await store.close();
  }
} catch (error) {
  if (!ending)
    people.write(`\n${error instanceof Trouble ? error.message : String((error as Error)?.stack ?? error)}\n`);
  process.exitCode = 1;
} finally {
  if (!ending) await own?.stop();
  // What was waiting for the platform, or was just connecting to a zone of it, would keep this process for its whole limit.
  process.exit(ending ? 130 : process.exitCode);
}

/** True: every promise of every drill was kept. */
async function drills(ground: Ground): Promise<boolean> {
  const results: DrillResult[] = [];
  let kept = true;
  for (let turn = 1; turn <= command.repeat; turn++) {
    if (command.repeat > 1) progress.say(`drill ${turn} of ${command.repeat}`);
    const outcome = await runDrill(ground, {
      fault: command.fault,
      site,
      getsPerSecond: command.gets ?? site.rates.gets,
      writesPerSecond: command.writes ?? site.rates.writes,
      healAfterMs: command.healAfter === undefined ? null : command.healAfter * 1000,
      leaderInZone: command.leaderInLiveZone === true,
    });
    const promises = allPromises(outcome);
    show(outcome, promises);
    results.push(outcome.result);
    kept &&= promises.every((promise) => promise.kept);
    await leaveBehind(ground, outcome, turn === command.repeat);
  }
  if (results.length > 1) {
    people.write(`\n${summaryTable(results)}\n`);
    if (command.json) process.stdout.write(`${JSON.stringify({ summary: summary(results) })}\n`);
  }
  return kept;
}

function allPromises(outcome: DrillOutcome): Promised[] {
  const promises = promisesOf(outcome.result, command.writes ?? site.rates.writes);
  if (outcome.returnedDiffers === null) return promises;
  const sentence = 'the returned copy holds exactly what the live one does';
  const ids = outcome.returnedDiffers;
  const figure = ids.length === 0 ? 'it does' : `${ids.length} differ: ${ids.slice(0, 5).join(', ')}`;
  return [...promises, { sentence, figure, kept: ids.length === 0 }];
}

function show(outcome: DrillOutcome, promises: Promised[]): void {
  const paint = paintFor(people);
  const { result, failures, generatorLateMs } = outcome;
  people.write(`\n${timeLine(outcome, paint)}\n\n${verdict(promises, paint)}\n`);
  people.write(
    paint.dim(`${result.requests} requests; the generator itself was at most ${generatorLateMs} ms late (p99).\n`),
  );
  for (const failure of failures.slice(0, 10)) {
    const why = failure.error ?? `status ${failure.status}`;
    const took = Math.round(failure.finishedAt - failure.sentAt);
    people.write(
      paint.dim(`  failed: ${failure.id} ${why}${failure.outcome ? `, ${failure.outcome}` : ''} after ${took} ms\n`),
    );
  }
  if (failures.length > 10) people.write(paint.dim(`  and ${failures.length - 10} more\n`));
  people.write('\n');
  if (command.json) process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** Application faults never outlive a drill. A zone is healed when another drill follows, and left to its person otherwise. */
async function leaveBehind(ground: Ground, { zone, result }: DrillOutcome, last: boolean): Promise<void> {
  const ofZone = !['db-kill', 'errors', 'hang'].includes(result.fault);
  if (!last || !ofZone) await FAULT_VERBS[result.fault].undo(ground.instance, zone, site.name);
  if (!last) await untilTakenIn(ground, site.name, zone);
  else if (own === null && ofZone && command.healAfter === undefined) {
    people.write(`Zone ${zone} is still down: npx holdfast zone heal ${zone}\n`);
  }
}

async function needsSite({ store, instance }: Ground): Promise<void> {
  const names = (await store.read()).sites.map(({ spec }) => spec.site);
  if (names.includes(site.name)) return;
  throw new Trouble(
    `The platform that runs here (${instance.name}) has no ${site.name}; it has ${names.join(', ') || 'no site'}.\n` +
      `Stop it with Ctrl-C where it was started, and the drill starts its own; or drill what runs: --site NAME.`,
  );
}
