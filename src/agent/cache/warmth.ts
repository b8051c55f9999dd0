/** Tells from a redis-server's own counters when a cache that was emptied does its work again. Pure. */
import type { MonoMs } from '../../model/index.ts';

/** What `INFO` says of one running server. */
export interface CacheSample {
  at: MonoMs;
  /** Another one after each start of the server. */
  run: string;
  hits: number;
  misses: number;
  keys: number;
}

export interface Warmth {
  /** Cold since then; null: warm. */
  coldAt: MonoMs | null;
  /** Share of reads that usually find something here while it is warm. */
  usualShare: number;
  /** The newest samples of the same run, oldest first. */
  samples: CacheSample[];
  /** Why it counts as warm, in words; null while cold. */
  because: string | null;
}

/** The reads of so long a time are looked at. */
export const WINDOW_MS = 10_000;
/** Fewer reads than this say nothing. */
const FEWEST_READS = 20;
/** Warm at this share of the usual share of hits. */
const ENOUGH = 0.5;
/** Taken for usual until it has been seen. */
export const USUAL_SHARE = 0.8;
/** A cache that is hardly read cannot be told to be warm by its hits: after so long nobody waits for it any more. */
export const COLD_MOST_MS = 5 * 60_000;
/** Weight of the newest window in what is usual: about the last hundred windows count. */
const LEARN = 0.01;

export function coldFrom(at: MonoMs, usualShare: number): Warmth {
  return { coldAt: at, usualShare, samples: [], because: null };
}

export function warmthAfter(before: Warmth, sample: CacheSample): Warmth {
  const last = before.samples.at(-1);
  if (last !== undefined && last.run !== sample.run) return coldFrom(sample.at, before.usualShare);
  const samples = [...before.samples.filter(({ at }) => sample.at - at <= WINDOW_MS), sample];
  const share = shareOfHits(samples);
  if (before.coldAt === null) {
    const usualShare = share === null ? before.usualShare : before.usualShare + LEARN * (share - before.usualShare);
    return { ...before, usualShare, samples };
  }
  const because = whyWarm(before.coldAt, before.usualShare, sample, share);
  return { ...before, samples, because, coldAt: because === null ? before.coldAt : null };
}

/** Null: too few reads. */
function shareOfHits(samples: CacheSample[]): number | null {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const hits = last.hits - first.hits;
  const reads = hits + last.misses - first.misses;
  return reads < FEWEST_READS ? null : hits / reads;
}

function whyWarm(coldAt: MonoMs, usual: number, { at, keys }: CacheSample, share: number | null): string | null {
  const found = share === null ? null : `${percent(share)} of the reads of the last 10 s found something`;
  if (share !== null && share >= ENOUGH * usual && at - coldAt >= WINDOW_MS)
    return `${found} (usual: ${percent(usual)}), ${keys} keys`;
  if (at - coldAt < COLD_MOST_MS) return null;
  return `5 minutes have passed; ${found ?? 'it is hardly read'}, ${keys} keys`;
}

const percent = (share: number) => `${Math.round(100 * share)} %`;

/** From the text of `INFO`. */
export function parseInfo(text: string, at: MonoMs): CacheSample {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(text)?.[1] ?? '';
  const keys = [...text.matchAll(/^db\d+:keys=(\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
  return {
    at,
    run: field('run_id'),
    hits: Number(field('keyspace_hits')),
    misses: Number(field('keyspace_misses')),
    keys,
  };
}
