/** How long answers take: log-normal around a site's median, drawn straight as a latency class by one table look-up. */
import { LATENCY_BOUNDS_MS } from '../../src/model/index.ts';

export const CLASSES = LATENCY_BOUNDS_MS.length + 1;
const ENTRIES = 8_192;
/** Medians are rounded to this many steps in a doubling, so that few tables are made. */
const STEPS = 8;

const tables = new Map<number, Uint8Array>();

/** `table[random * table.length]` is the class of one answer. `sigma` is that of the logarithm. */
export function latencyTable(medianMs: number, sigma: number): Uint8Array {
  const step = Math.round(Math.log2(medianMs) * STEPS);
  const key = step * 100 + Math.round(sigma * 10);
  const known = tables.get(key);
  if (known !== undefined) return known;
  const median = 2 ** (step / STEPS);
  const table = new Uint8Array(ENTRIES);
  let filled = 0;
  LATENCY_BOUNDS_MS.forEach((bound, index) => {
    const until = Math.round(ENTRIES * shareBelow(bound, median, sigma));
    table.fill(index, filled, until);
    filled = Math.max(filled, until);
  });
  table.fill(CLASSES - 1, filled);
  tables.set(key, table);
  return table;
}

/** Share of answers that take less than `ms`. */
export function shareBelow(ms: number, medianMs: number, sigma: number): number {
  return normalBelow(Math.log(ms / medianMs) / sigma);
}

/** Class of one answer that took `ms`. */
export function classOf(ms: number): number {
  const index = LATENCY_BOUNDS_MS.findIndex((bound) => ms <= bound);
  return index < 0 ? CLASSES - 1 : index;
}

/** Standard normal distribution function, Abramowitz and Stegun 26.2.17 (error below 7.5e-8). */
export function normalBelow(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const above = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return z >= 0 ? 1 - above : above;
}
