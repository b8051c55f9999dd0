/** `holdfast record --out FILE`: what a controller sees and decides, from now on, or what was kept of an incident. */
import type { Command } from 'commander';
import { parseDuration } from '../../config/duration.ts';
import { HoldfastError } from '../../errors.ts';
import { systemClock } from '../../platform/clock.ts';
import { type Access, type AccessOptions, knownAccess, withAccess } from '../access.ts';
import { orderForIncident } from '../incident-controllers.ts';
import { createObservationFile, type ObservationFile } from '../observation-file.ts';
import { duration } from '../screens/words.ts';
import { openStream } from '../streams.ts';
import { Trouble } from '../trouble.ts';
import { askIncident } from './incidents.ts';

const SHOW_EVERY_MS = 500;
const LINE_START = '\r\u001b[K';

type Options = AccessOptions & { out: string; for?: number; incident?: string; force?: boolean };

export function registerRecord(program: Command): void {
  withAccess(program.command('record'))
    .description('write what a controller sees and decides to a file, for replay (Ctrl-C ends it)')
    .requiredOption('--out <file>', 'where to (NDJSON)')
    .option('--for <duration>', 'stop by itself after this, for example 30s', recordFor)
    .option('--incident <id>', 'what was kept of this incident, or of the `latest`, instead of what happens now')
    .option('--force', 'overwrite the file if there is one')
    .action(async (options: Options) => {
      const access = await knownAccess(options);
      if (options.incident === undefined) return recordLive(access, options);
      const { incident } = options;
      const id = incident === 'latest' ? (await askIncident(access, incident)).id : incident;
      return recordIncident(access, id, options);
    });
}

async function recordLive(access: Access, options: Options): Promise<void> {
  const ending = new AbortController();
  const stream = await openStream(access, '/observations', ending.signal);
  if (stream === null)
    throw new Trouble('What answers there is no controller of this version (404 for /observations).');
  const { from, body } = stream;
  const file = createObservationFile(options.out, options.force ?? false);
  const startedAt = systemClock.mono();
  let why: string | null = null;
  const stop = (reason: string) => {
    why ??= reason;
    ending.abort();
  };
  const stopTimer =
    options.for === undefined ? () => {} : systemClock.after(options.for, () => stop('as long as was asked'));
  const onSignal = () => stop('ended by the one who recorded');
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const stopShowing = showProgress(
    () => `${progressOf(file)} in ${duration(systemClock.mono() - startedAt)} from ${from}`,
  );
  try {
    const lost = await take(body, file, ending.signal);
    file.end(why ?? (lost === null ? null : `the controller went away: ${lost}`));
    stopShowing();
    say(`${progressOf(file)} from the controller at ${from} are in ${options.out}.`);
    if (why === null && lost !== null)
      throw new Trouble(`The controller at ${from} went away (${lost}): the file ends there.`);
    say(`See what they mean: holdfast replay ${options.out}`);
  } finally {
    stopTimer();
    stopShowing();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function recordIncident(access: Access, incident: string, options: Options): Promise<void> {
  const path = `/incidents/${encodeURIComponent(incident)}/observations`;
  const kept = await openStream(await orderForIncident(access, incident), path, new AbortController().signal);
  if (kept === null) throw new HoldfastError('observations-not-kept', { incident });
  const file = createObservationFile(options.out, options.force ?? false);
  const lost = await take(kept.body, file, new AbortController().signal);
  file.end(null);
  if (lost !== null)
    throw new Trouble(`The controller at ${kept.from} went away (${lost}): ${options.out} is not whole.`);
  say(`${progressOf(file)} of incident ${incident}, kept by the controller at ${kept.from}, are in ${options.out}.`);
  say(`See what they mean: holdfast replay ${options.out}`);
}

/** Reads to the end; answers why there was no proper one, or null. */
async function take(
  body: AsyncIterable<Uint8Array>,
  file: ObservationFile,
  ended: AbortSignal,
): Promise<string | null> {
  try {
    for await (const piece of body) file.write(piece);
    return null;
  } catch (error) {
    if (ended.aborted) return null;
    return ((error as Error).cause as Error | undefined)?.message ?? (error as Error).message;
  }
}

function recordFor(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms < 1) throw new Trouble(`"${text}" is not a duration, for example 30s or 5m`);
  return ms;
}

function progressOf({ lines, bytes }: ObservationFile): string {
  const size = bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${lines} lines, ${size}`;
}

/** One line that is written over, on a terminal only. */
function showProgress(text: () => string): () => void {
  if (!process.stderr.isTTY) return () => {};
  let shown = true;
  const stop = systemClock.every(SHOW_EVERY_MS, () => {
    process.stderr.write(`${LINE_START}${text()} (Ctrl-C ends it)`);
  });
  return () => {
    if (!shown) return;
    shown = false;
    stop();
    process.stderr.write(LINE_START);
  };
}

function say(sentence: string): void {
  process.stdout.write(`${sentence}\n`);
}
