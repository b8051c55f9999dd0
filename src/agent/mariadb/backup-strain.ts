/**
 * Feels what a commit on this disk feels while bulk data flows: a small write and fdatasync over and over, compared with what they take
 * while little or nothing flows. A spare's own commits need not hurry; those of the live copies beside it on the disk do.
 */
import { open } from 'node:fs/promises';
import type { Clock } from '../../platform/clock.ts';
import type { Pace } from './backup-pace.ts';

const PULSE_EVERY_MS = 50;
const FIRST_PULSES = 5;
const PULSE = Buffer.alloc(4_096);
/** A commit takes two to four of these, and none should take longer than 100 ms. */
const LEAST_LIMIT_MS = 25;
const TIMES_USUAL = 4;
const REMEMBERED = 15;
const NEWEST = 3;

export interface Gauge {
  /** One pulse took so long. `calm`: next to nothing flowed, so it shows how the disk is without us. */
  note(tookMs: number, calm: boolean): void;
  /** A pulse that takes longer hurts. */
  limitMs(): number;
  /** Two of the newest three pulses hurt. */
  suffers(): boolean;
}

/** Pure. What is slow although nothing flows is not our doing, and holding back would not mend it: it becomes what is usual. */
export function createGauge(): Gauge {
  let calmOnes: number[] = [];
  let newest: number[] = [];
  const limitMs = () => Math.max(LEAST_LIMIT_MS, median(calmOnes) * TIMES_USUAL);
  return {
    note(tookMs, calm) {
      newest = [...newest, tookMs].slice(-NEWEST);
      if (calm) calmOnes = [...calmOnes, tookMs].slice(-REMEMBERED);
    },
    limitMs,
    suffers: () => newest.filter((tookMs) => tookMs > limitMs()).length > NEWEST / 2,
  };
}

/** Lets `pace` give way to the commits on the disk of `file` (made, and left behind in a folder that is emptied anyway) until stopped. */
export async function giveWay(clock: Clock, file: string, pace: Pace): Promise<() => Promise<void>> {
  const handle = await open(file, 'w', 0o600);
  const gauge = createGauge();
  const pulse = async () => {
    const startedAt = clock.mono();
    await handle.write(PULSE, 0, PULSE.length, 0);
    await handle.datasync();
    return clock.mono() - startedAt;
  };
  for (let turn = 0; turn < FIRST_PULSES; turn++) gauge.note(await pulse(), true);

  let begunAt: number | null = null;
  let stopped = false;
  const beat = async () => {
    while (!stopped) {
      begunAt = clock.mono();
      const tookMs = await pulse().catch(() => gauge.limitMs() + 1);
      begunAt = null;
      gauge.note(tookMs, pace.calm());
      pace.adapt(gauge.suffers(), clock.mono());
      await clock.sleep(PULSE_EVERY_MS);
    }
  };
  const beating = beat();
  // A pulse that does not come back must not be waited for.
  const stopLooking = clock.every(PULSE_EVERY_MS, () => {
    if (begunAt !== null && clock.mono() - begunAt > 2 * gauge.limitMs()) pace.adapt(true, clock.mono());
  });
  return async () => {
    stopped = true;
    stopLooking();
    await beating;
    await handle.close();
  };
}

function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0;
}
