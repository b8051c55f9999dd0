/** One batch of what nginx counted, as `lua/visits.lua` tells it; pure. */
import type { LatencyCounts, SecondRow } from '../model/index.ts';

export type Visits = Omit<SecondRow, 'edge'>;

export interface Batch {
  /** Told back once everything in it is safe; until then the same batch comes again. */
  name: string;
  visits: Visits[];
}

/** Lines that are none are left out. */
export function parseBatch(text: string): Batch {
  const [name = '', ...lines] = text.split('\n');
  return { name, visits: lines.flatMap((line) => parseLine(line) ?? []) };
}

function parseLine(line: string): Visits | null {
  const [site = '', ...fields] = line.split(' ');
  const [second, requests, failed, held, heldLongestMs, longestMs] = fields.slice(0, 6).map(Number);
  if (fields.length !== 7 || site === '' || !Number.isSafeInteger(second) || !Number.isSafeInteger(requests))
    return null;
  return {
    site,
    second: second!,
    requests: requests!,
    failed: failed!,
    held: held!,
    heldLongestMs: heldLongestMs!,
    longestMs: longestMs!,
    latency: parseLatency(fields[6]!),
  };
}

/** `0:12,40:1` */
export function parseLatency(text: string): LatencyCounts {
  if (text === '-' || text === '') return [];
  return text
    .split(',')
    .map((part): [number, number] => {
      const [at, count] = part.split(':').map(Number);
      return [at!, count!];
    })
    .sort(([one], [other]) => one - other);
}

export function latencyText(counts: LatencyCounts): string {
  return counts.length === 0 ? '-' : counts.map(([at, count]) => `${at}:${count}`).join(',');
}
