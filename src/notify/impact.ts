/** The figures of an incident in a sentence or two. */
import type { Impact } from '../model/index.ts';
import { type Knowledge, number, type Say } from './compose.ts';
import type { EventLog } from './happenings.ts';
import type { Recipient } from './recipients.ts';
import type { SiteState } from './state.ts';

/** Sites whose figures are not there yet are left out; when none are, it says so. */
export function impactWords(
  states: SiteState[],
  { incident }: EventLog,
  { impactOf }: Knowledge,
  say: Say,
  { language }: Recipient,
): string {
  const impacts =
    incident === null ? [] : states.map(({ site }) => impactOf(incident, site)).filter((impact) => impact !== null);
  const exposed = states.every(({ kind }) => kind === 'exposed');
  if (impacts.length === 0) {
    if (exposed) return say('impact.exposed');
    return say(states.every(({ over }) => over) ? 'impact.unknown' : 'impact.later');
  }
  const sum = (count: (impact: Impact) => number) => impacts.reduce((total, impact) => total + count(impact), 0);
  const [failed, held, lost] = [
    sum((impact) => impact.failed),
    sum((impact) => impact.held),
    sum((impact) => impact.transactionsLost ?? 0),
  ];
  const quiet = failed === 0 && held === 0 && impacts.every(({ downSeconds }) => downSeconds === 0);
  const figures = say(quiet ? 'impact.none' : 'impact.figures', {
    requests: number(
      sum((impact) => impact.requests),
      language,
    ),
    failed: number(failed, language),
    held: number(held, language),
    longest: seconds(Math.max(...impacts.map(({ heldLongestMs }) => heldLongestMs)), language),
    down: seconds(Math.max(...impacts.map(({ downSeconds }) => downSeconds)) * 1_000, language),
  });
  const proven = impacts.every(({ transactionsLost }) => transactionsLost === 0);
  const lostWords =
    lost > 0 ? say('impact.lost', { lost: number(lost, language) }) : proven ? say('impact.lost.none') : '';
  return [figures, lostWords, coldWords(impacts, say)].filter((part) => part !== '').join(' ');
}

function coldWords(impacts: Impact[], say: Say): string {
  const cold = [...new Set(impacts.flatMap((impact) => impact.cold))].toSorted().join('+');
  return cold === '' ? '' : say('impact.cold', { cold: say(`impact.cold.${cold}`) });
}

function seconds(ms: number, language: string): string {
  const digits = ms < 10_000 ? 1 : 0;
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(ms / 1_000)} s`;
}
