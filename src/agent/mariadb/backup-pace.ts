/** How fast a stream of bulk data may flow: a token bucket whose rate gives way while the sites beside it suffer, and comes back. Pure. */
import type { MonoMs } from '../../model/index.ts';

export interface Pace {
  /** Counts `bytes`; answers for how many milliseconds they must be held back. */
  take(bytes: number, now: MonoMs): number;
  /** Told regularly whether others suffer: less while they do, more again afterwards. */
  adapt(suffering: boolean, now: MonoMs): void;
  /** So little flows, compared with its best, that what others suffer is not its doing. */
  calm(): boolean;
  /** True while it holds back, and a little longer so that a reader who looks once a second sees it. */
  throttled(now: MonoMs): boolean;
  /** Bytes per second; Infinity: as fast as it goes. */
  rate(): number;
}

/** However much others suffer: a copy that is never finished leaves its site exposed for ever. */
export const LEAST_RATE = 8e6;
/** Beyond what any stream here reaches: from here on it is not limited any more. */
const MOST_RATE = 1e9;
const GIVE_WAY = 0.6;
const COME_BACK = 1.15;
/** So much may pass at once before the rate is felt. */
const BURST_MS = 50;
const SHOWN_MS = 1_500;
const MEASURE_MS = 300;
/** Giving way shows only after what was on its way has been written. */
const GIVE_WAY_EVERY_MS = 250;
/** With less than this share of its best rate it does not matter to the disk. */
const CALM_SHARE = 0.3;

export function createPace(start: MonoMs): Pace {
  let rate = Number.POSITIVE_INFINITY;
  /** Negative: already let through in advance. */
  let tokens = 0;
  let filledAt = start;
  let window = { since: start, bytes: 0 };
  let measured: number | null = null;
  let best = 0;
  let gaveWayAt = Number.NEGATIVE_INFINITY;
  let heldUntil = Number.NEGATIVE_INFINITY;

  const measure = (bytes: number, now: MonoMs) => {
    window.bytes += bytes;
    const tookMs = now - window.since;
    if (tookMs < MEASURE_MS) return;
    measured = (window.bytes / tookMs) * 1_000;
    best = Math.max(best, measured);
    window = { since: now, bytes: 0 };
  };

  return {
    take(bytes, now) {
      measure(bytes, now);
      if (rate === Number.POSITIVE_INFINITY) return 0;
      const most = (rate * BURST_MS) / 1_000;
      tokens = Math.min(most, tokens + (rate * (now - filledAt)) / 1_000) - bytes;
      filledAt = now;
      if (tokens >= 0) return 0;
      const waitMs = (-tokens / rate) * 1_000;
      heldUntil = now + waitMs;
      return waitMs;
    },
    adapt(suffering, now) {
      if (suffering && now - gaveWayAt < GIVE_WAY_EVERY_MS) return;
      if (suffering) {
        gaveWayAt = now;
        const present = Math.min(rate, measured ?? MOST_RATE);
        if (rate === Number.POSITIVE_INFINITY) [tokens, filledAt] = [0, now];
        rate = Math.max(LEAST_RATE, present * GIVE_WAY);
      } else if (rate * COME_BACK > MOST_RATE) rate = Number.POSITIVE_INFINITY;
      else rate *= COME_BACK;
    },
    calm: () => rate < CALM_SHARE * best || rate <= LEAST_RATE || best === 0,
    throttled: (now) => now < heldUntil + SHOWN_MS,
    rate: () => rate,
  };
}
