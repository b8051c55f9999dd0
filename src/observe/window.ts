/** Keeps the newest report of every observer, and forgets them when this controller was not listening. */
import type { Heard, MonoMs, Report, Window } from '../model/index.ts';
import { complete } from './merge.ts';

/** A sender that was silent for this long is dropped altogether. */
const SENDER_KEEP_MS = 120_000;

export function emptyWindow(now: MonoMs): Window {
  return { startedAt: now, agents: new Map(), edges: new Map() };
}

/**
 * Takes a report in and answers whether it was news: one that is not newer than the newest of the same incarnation (a late
 * duplicate) changes nothing.
 */
export function absorb(window: Window, report: Report, now: MonoMs): boolean {
  return report.kind === 'agent'
    ? keep(window.agents, report.zone, report, now, complete)
    : keep(window.edges, report.edge, report, now, (_, newest) => newest);
}

/** `whole`: what is kept of a report, given the one before it of the same incarnation. */
function keep<R extends Report>(
  heard: Map<string, Heard<R>>,
  key: string,
  report: R,
  now: MonoMs,
  whole: (before: Heard<R> | null, report: R, now: MonoMs) => R,
): boolean {
  const newest = heard.get(key);
  const before = newest?.report.incarnation === report.incarnation ? newest : null;
  if (before !== null && before.report.sequence >= report.sequence) return false;
  heard.set(key, {
    report: whole(before, report, now),
    receivedAt: now,
    firstReceivedAt: before?.firstReceivedAt ?? now,
  });
  return true;
}

/** Drops senders that are gone for good; called once a tick. */
export function prune(window: Window, now: MonoMs): void {
  pruneSome(window.agents, now);
  pruneSome(window.edges, now);
}

function pruneSome<R extends Report>(heard: Map<string, Heard<R>>, now: MonoMs): void {
  for (const [key, { receivedAt }] of heard) if (now - receivedAt > SENDER_KEEP_MS) heard.delete(key);
}
