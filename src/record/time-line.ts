/** When an incident reached which mark: read from its entries, bit by bit. Pure. */
import type { IncidentEntry, TimeLine } from '../model/index.ts';

export const NO_MARKS: TimeLine = {
  began: null,
  noticed: null,
  decided: null,
  moved: null,
  serving: null,
  protected: null,
};

const DECIDED = new Set(['failover', 'accept-loss', 'give-up-standby']);

/** Of one site, or of all: the first of what began it, the last of what ended it. */
export function timeLineOf(entries: Iterable<IncidentEntry>): TimeLine {
  let line = NO_MARKS;
  for (const entry of entries) line = withEntry(line, entry);
  return line;
}

/** In whatever order entries come. */
export function withEntry(line: TimeLine, { at, kind, code, forMs = 0 }: IncidentEntry): TimeLine {
  if (kind === 'finding')
    return { ...line, began: earlier(line.began, at - forMs), noticed: earlier(line.noticed, at) };
  if (kind === 'decision' && DECIDED.has(code)) return { ...line, decided: earlier(line.decided, at) };
  if (kind === 'decision' && code === 'record-promotion') return { ...line, moved: later(line.moved, at) };
  if (kind === 'decision' && (code === 'record-open' || code === 'take-back'))
    return { ...line, serving: later(line.serving, at) };
  if (kind === 'result' && code === 'record-in-sync') return { ...line, protected: later(line.protected, at) };
  return line;
}

function earlier(known: number | null, at: number): number {
  return known === null ? at : Math.min(known, at);
}

function later(known: number | null, at: number): number {
  return known === null ? at : Math.max(known, at);
}
