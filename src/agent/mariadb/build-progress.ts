/** What is known of a copy while it is being built: shown to people, and how often it was begun, which a restart of the agent must not forget. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ZoneId } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { BuildProgress } from './context.ts';
import { readJson, writeDurably } from './files.ts';
import type { Paths } from './options.ts';

const RATE_OVER_MS = 3_000;
const SAMPLE_EVERY_MS = 250;

export interface Progress extends BuildProgress {
  /** So many more bytes have come. */
  passed(bytes: number): void;
}

export function createProgress(clock: Clock, from: ZoneId, attempts: number): Progress {
  const startedAt = clock.mono();
  const samples: { at: number; bytes: number }[] = [{ at: startedAt, bytes: 0 }];
  const progress: Progress = {
    from,
    receivedBytes: 0,
    totalBytes: null,
    startedAt,
    stage: 'copying',
    attempts,
    throttled: false,
    bytesPerSecond: null,
    passed(bytes) {
      progress.receivedBytes += bytes;
      const now = clock.mono();
      if (now - samples.at(-1)!.at < SAMPLE_EVERY_MS) return;
      samples.push({ at: now, bytes: progress.receivedBytes });
      while (samples.length > 2 && now - samples[0]!.at > RATE_OVER_MS) samples.shift();
      const first = samples[0]!;
      progress.bytesPerSecond = Math.round(((progress.receivedBytes - first.bytes) / (now - first.at)) * 1_000);
    },
  };
  return progress;
}

/** Counts one more attempt, durably, and answers the how manieth it is since the last copy was completed. */
export async function countAttempt(paths: Paths): Promise<number> {
  const before = await readJson<{ attempts: number }>(fileOf(paths)).catch(() => null);
  const attempts = (before?.attempts ?? 0) + 1;
  await writeDurably(fileOf(paths), JSON.stringify({ attempts }));
  return attempts;
}

export async function forgetAttempts(paths: Paths): Promise<void> {
  await rm(fileOf(paths), { force: true });
}

function fileOf(paths: Paths): string {
  return join(paths.run, 'build.json');
}
