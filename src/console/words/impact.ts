/** What an incident meant for a site, in few words. Pure. */
import type { Impact } from '../data/shapes.ts';
import { count, counted, duration } from './numbers.ts';
import type { Word } from './states.ts';

/** `3 of 1,080 requests failed, 40 held for at most 700 ms` */
export function noticedWords({
  requests,
  failed,
  held,
  heldLongestMs,
}: Pick<Impact, 'requests' | 'failed' | 'held' | 'heldLongestMs'>): string {
  const failures = `${failed === 0 ? 'none' : count(failed)} of ${counted(requests, 'request')} failed`;
  return held === 0 ? failures : `${failures}, ${count(held)} held for at most ${duration(heldLongestMs)}`;
}

/** Of those who waited meanwhile. */
export function waitWords({ p50Ms, p99Ms, longestMs, requests }: Impact): string {
  if (requests === 0) return 'nobody came';
  return `waited ${duration(p50Ms)} (median), ${duration(p99Ms)} (99 %), ${duration(longestMs)} (longest)`;
}

/** What was reached of recovery time and point. */
export function recoveryWords({ rtoMs, recoveredAfterMs, downSeconds }: Impact): string[] {
  const words: string[] = [];
  if (rtoMs !== null) words.push(`RTO ${duration(rtoMs)}`);
  if (recoveredAfterMs === null) words.push('visitors not served well since');
  else if (downSeconds > 0) words.push(`visitors went without for ${duration(recoveredAfterMs)}`);
  return words;
}

/** Recovery point. */
export function lossWords({ transactionsLost }: Pick<Impact, 'transactionsLost'>): string {
  if (transactionsLost === null) return 'RPO not determined yet';
  return transactionsLost === 0
    ? 'RPO 0: no acknowledged transaction lost'
    : `at most ${counted(transactionsLost, 'acknowledged transaction')} lost`;
}

const COLD = { cache: 'object cache', search: 'search index' };

/** Null: nothing is. */
export function coldWords({ cold }: Pick<Impact, 'cold'>): string | null {
  return cold.length === 0 ? null : `cold: ${cold.map((one) => COLD[one]).join(', ')}`;
}

/** How bad it was. */
export function downWord({ downSeconds, failed, held }: Pick<Impact, 'downSeconds' | 'failed' | 'held'>): Word {
  if (downSeconds > 0) return { word: `down ${duration(downSeconds * 1_000)}`, tone: 'bad' };
  if (failed > 0) return { word: 'some failed', tone: 'warn' };
  return held > 0 ? { word: 'held', tone: 'quiet' } : { word: 'not noticed', tone: 'good' };
}
