/** The figures of an incident in a sentence or two. */
import type { Impact } from '../model/index.ts';
import { type Knowledge, number, type Say } from './compose.ts';
import type { SiteState } from './state.ts';
import type { Draft } from './wanted.ts';

/**
 * Of sites that are well again only what was counted to the end, of the others what was counted so far. Sites whose figures are not
 * there yet are left out; when none are, it says so. What was lost is not in it where the message says that by itself (`loss`).
 */
export function impactWords(
  states: SiteState[],
  { event: { incident }, recipient: { language } }: Draft,
  { impactOf }: Knowledge,
  say: Say,
): string {
  const impacts = states.flatMap(({ site, over }) => {
    const impact = incident === null ? null : impactOf(incident, site);
    return impact === null || (over && !impact.final) ? [] : [impact];
  });
  const [requests, failed, held, lost] = [
    sum(impacts, (impact) => impact.requests),
    sum(impacts, (impact) => impact.failed),
    sum(impacts, (impact) => impact.held),
    sum(impacts, (impact) => impact.transactionsLost ?? 0),
  ];
  const quiet = failed === 0 && held === 0 && impacts.every(({ downSeconds }) => downSeconds === 0);
  // What was counted so far may be the time before the trouble.
  if (impacts.length === 0 || (quiet && impacts.some(({ final }) => !final))) {
    if (states.every(({ kind }) => kind === 'exposed')) return say('impact.exposed');
    return say(states.every(({ over }) => over) ? 'impact.soon' : 'impact.later');
  }
  const figures = say(quiet ? 'impact.none' : 'impact.figures', {
    requests: number(requests, language),
    failed: number(failed, language),
    held: number(held, language),
    longest: seconds(Math.max(...impacts.map(({ heldLongestMs }) => heldLongestMs)), language),
    down: seconds(Math.max(...impacts.map(({ downSeconds }) => downSeconds)) * 1_000, language),
  });
  const parts = [
    figures,
    states[0]?.kind === 'loss' ? '' : lostSentence(impacts, lost, language, say),
    coldWords(impacts, say),
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function lostSentence(impacts: Impact[], lost: number, language: string, say: Say): string {
  if (lost > 0) return say('impact.lost', { lost: number(lost, language) });
  return impacts.every(({ transactionsLost }) => transactionsLost === 0) ? say('impact.lost.none') : '';
}

function sum(impacts: Impact[], count: (impact: Impact) => number): number {
  return impacts.reduce((total, impact) => total + count(impact), 0);
}

function coldWords(impacts: Impact[], say: Say): string {
  const cold = [...new Set(impacts.flatMap((impact) => impact.cold))].toSorted().join('+');
  return cold === '' ? '' : say('impact.cold', { cold: say(`impact.cold.${cold}`) });
}

function seconds(ms: number, language: string): string {
  const digits = ms < 10_000 ? 1 : 0;
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(ms / 1_000)} s`;
}
