/** The rows of an edge's window as they fill up: counts by outcome and by latency class, and who waits. */
import type { TrafficWindow } from '../../src/model/index.ts';
import { CLASSES } from './latency.ts';
import type { Chance } from './random.ts';

/** So many answers are drawn one by one; of more only the share of each class. */
const MOST_DRAWN = 48;
const NO_ANSWERS = Array.from({ length: CLASSES }, () => 0);

/** Requests that nobody answers: sent to a silent copy, or writes that a live database keeps waiting. */
export interface Waiting {
  hung: number;
  hungSince: number;
  blocked: number;
  blockedSince: number;
}

export function emptyRow(site: string, zone: string): TrafficWindow {
  return {
    site,
    zone,
    attempts: 0,
    answered: 0,
    serverErrors: 0,
    connectErrors: 0,
    timeouts: 0,
    waiting: 0,
    oldestWaitingMs: 0,
    answeredAgoMs: null,
    latency: NO_ANSWERS.slice(),
  };
}

export function showWaiting(row: TrafficWindow, stream: Waiting, now: number): void {
  const ages = [
    stream.hung > 0 ? now - stream.hungSince : 0,
    stream.blocked > 0 ? now - stream.blockedSince : 0,
    row.oldestWaitingMs,
  ];
  row.waiting += stream.hung + stream.blocked;
  row.oldestWaitingMs = Math.round(Math.max(...ages));
}

export function count(row: TrafficWindow, requests: number, latencyClass: number): void {
  row.latency[latencyClass]! += requests;
}

export function drawLatencies(chance: Chance, row: TrafficWindow, requests: number, table: Uint8Array): void {
  const { latency } = row;
  if (requests <= MOST_DRAWN) {
    for (let index = 0; index < requests; index += 1) latency[table[chance.below(table.length)]!]! += 1;
    return;
  }
  const each = requests / MOST_DRAWN;
  let given = 0;
  for (let index = 1; index <= MOST_DRAWN; index += 1) {
    const until = Math.round(index * each);
    latency[table[chance.below(table.length)]!]! += until - given;
    given = until;
  }
}

/** Failures that come in clumps of `clump` on average, geometrically distributed. */
export function clumped(chance: Chance, mean: number, clump: number): number {
  let total = 0;
  const perStep = Math.log((clump - 1) / clump);
  for (let clumps = chance.poisson(mean / clump); clumps > 0; clumps -= 1)
    total += 1 + (clump > 1 ? Math.floor(Math.log(1 - chance.next()) / perStep) : 0);
  return total;
}
