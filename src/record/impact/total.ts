/** The impacts of one incident: those that stand in it, those still being counted, and all of them together. Pure. */
import type { Impact, IncidentEntry } from '../../model/index.ts';

/** What stands in the entries (the newest of each site counts), and of other sites what `counting` says; those worst hit first. */
export function impactsOf(entries: readonly IncidentEntry[], counting: readonly Impact[]): Impact[] {
  const sites = new Map(counting.map((impact) => [impact.site, impact]));
  for (const { impact } of entries) if (impact !== undefined) sites.set(impact.site, impact);
  return [...sites.values()].sort(
    (one, other) =>
      other.failed - one.failed ||
      other.downSeconds - one.downSeconds ||
      other.held - one.held ||
      (one.site < other.site ? -1 : 1),
  );
}

export interface TotalImpact
  extends Pick<Impact, 'final' | 'requests' | 'failed' | 'held' | 'heldLongestMs' | 'longestMs' | 'transactionsLost'> {
  sites: number;
  /** Of the site that was down longest. */
  downSeconds: number;
}

/** Null: nothing is counted. */
export function totalOf(impacts: readonly Impact[]): TotalImpact | null {
  if (impacts.length === 0) return null;
  const sum = (figure: (impact: Impact) => number) => impacts.reduce((all, impact) => all + figure(impact), 0);
  const most = (figure: (impact: Impact) => number) =>
    impacts.reduce((all, impact) => Math.max(all, figure(impact)), 0);
  const lost = impacts.map(({ transactionsLost }) => transactionsLost);
  return {
    sites: impacts.length,
    final: impacts.every(({ final }) => final),
    requests: sum(({ requests }) => requests),
    failed: sum(({ failed }) => failed),
    held: sum(({ held }) => held),
    heldLongestMs: most(({ heldLongestMs }) => heldLongestMs),
    longestMs: most(({ longestMs }) => longestMs),
    downSeconds: most(({ downSeconds }) => downSeconds),
    transactionsLost: lost.includes(null) ? null : sum(({ transactionsLost }) => transactionsLost ?? 0),
  };
}
