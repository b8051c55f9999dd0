/** So many zone-years of ordinary trouble: every episode simulated in full over several threads, the quiet between covered by the detector's own bound. */
import { Worker } from 'node:worker_threads';
import type { DetectorSettings, Patience } from '../../src/model/index.ts';
import { PATIENCE } from '../../src/model/index.ts';
import { createPlayer, type EpisodeOptions } from './episode.ts';
import { mixSeed } from './random.ts';
import { EPISODES_PER_ZONE_YEAR } from './rates.ts';
import { addEpisode, addTally, newTally, type Tally } from './tally.ts';

/** What the false-alarm budget is when nothing else is configured: one in ten years. */
export const DEFAULT_SETTINGS: DetectorSettings = { falseAlarmsPerYear: 0.1 };

export interface YearsOptions {
  zoneYears: number;
  seed: number;
  /** Threads; 0: in this one. */
  workers: number;
  settings?: DetectorSettings;
  patience?: Patience;
  /** So many installations; default: `CLUSTERS` of warm.ts. */
  clusters?: number;
  onProgress?: (done: number, of: number) => void;
}

export interface YearsResult extends Tally {
  zoneYears: number;
  seed: number;
  episodes: number;
  /** The quiet time between the episodes, which is not simulated. */
  quiet: {
    /** Hours of one installation of three zones. */
    installationHours: number;
    /** False alarms that the configured budget allows in them at most, on average. */
    falseAlarmsAtMost: number;
  };
  /** Hours of one installation that were simulated. */
  simulatedHours: number;
  tookMs: number;
}

const ZONES_OF_ONE = 3;
const HOURS_A_YEAR = 8_766;
/** Episodes that a thread plays before it answers. */
const BATCH = 200;
/** What an episode makes is forgotten at its end: with room for it, hardly anything has to be looked at for that. */
const YOUNG_MB = 192;

export interface Batch {
  first: number;
  count: number;
  seed: number;
}

export async function years(options: YearsOptions): Promise<YearsResult> {
  const { zoneYears, seed, workers, onProgress } = options;
  const settings = options.settings ?? DEFAULT_SETTINGS;
  const patience = options.patience ?? PATIENCE.normal;
  const startedAt = performance.now();
  const episodes = Math.round(zoneYears * EPISODES_PER_ZONE_YEAR);
  const batches = Array.from({ length: Math.ceil(episodes / BATCH) }, (_, index): Batch => {
    const first = index * BATCH;
    return { first, count: Math.min(BATCH, episodes - first), seed };
  });
  const tally = newTally();
  let done = 0;
  const add = (part: Tally, { count }: Batch) => {
    addTally(tally, part);
    done += count;
    onProgress?.(done, episodes);
  };
  if (workers === 0) {
    const play = createBatchPlayer({ settings, patience, clusters: options.clusters });
    for (const batch of batches) add(play(batch), batch);
  } else {
    const threads = Array.from({ length: Math.min(workers, batches.length) }, () =>
      work(batches, { settings, patience, clusters: options.clusters }, add),
    );
    await Promise.all(threads);
  }
  return { ...tally, ...summary(tally, zoneYears, settings), seed, episodes, tookMs: performance.now() - startedAt };
}

function summary({ kinds }: Tally, zoneYears: number, { falseAlarmsPerYear }: DetectorSettings) {
  const simulatedHours = kinds.reduce((sum, { ms }) => sum + ms, 0) / 3_600_000;
  const installationHours = (zoneYears / ZONES_OF_ONE) * HOURS_A_YEAR - simulatedHours;
  const falseAlarmsAtMost = (installationHours / HOURS_A_YEAR) * falseAlarmsPerYear;
  return { zoneYears, simulatedHours, quiet: { installationHours, falseAlarmsAtMost } };
}

/** Plays batches one after the other with one set of warmed memories. */
export function createBatchPlayer(options: EpisodeOptions): (batch: Batch) => Tally {
  const player = createPlayer(options);
  return ({ first, count, seed }) => {
    const tally = newTally();
    for (let index = first; index < first + count; index += 1) addEpisode(tally, player.play(mixSeed(seed, index)));
    return tally;
  };
}

/** One thread takes batches off the common list until it is empty. */
function work(batches: Batch[], options: EpisodeOptions, add: (part: Tally, batch: Batch) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: options,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    let current: Batch | undefined;
    const next = () => {
      current = batches.shift();
      if (current !== undefined) worker.postMessage(current);
      else worker.terminate().then(() => resolve(), reject);
    };
    worker.on('message', (tally: Tally) => {
      add(tally, current!);
      next();
    });
    worker.on('error', reject);
    next();
  });
}
