/** An incident's impact in a sentence, as it stands in the incident. Pure. */
import type { Impact } from '../../model/index.ts';

export function impactSentence(impact: Impact): string {
  const { requests, failed, held, heldLongestMs, longestMs, downSeconds, unheard } = impact;
  const noticed =
    failed === 0 && held === 0
      ? `None of ${requests} requests failed or was held; the longest waited ${ms(longestMs)}`
      : `${failed} of ${requests} requests failed and ${held} were held for at most ${ms(heldLongestMs)}; half of those meanwhile waited ${ms(impact.p50Ms)}, the longest ${ms(longestMs)}`;
  const parts = [
    `${impact.site}: ${noticed}; ${downWords(downSeconds)}.`,
    recoveryWords(impact),
    lossWords(impact),
    impact.cold.length === 0 ? '' : `Cold after the move: ${impact.cold.map((one) => COLD[one]).join(', ')}.`,
    unheard.length === 0 ? '' : `What ${unheard.join(', ')} counted is missing: no answer.`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

const COLD = { cache: 'the object cache', search: 'the search index' };

function downWords(seconds: number): string {
  return seconds === 0 ? 'no second was down' : seconds === 1 ? '1 second was down' : `${seconds} seconds were down`;
}

function recoveryWords({ recoveredAfterMs, rtoMs, downSeconds }: Impact): string {
  const moved = rtoMs === null ? '' : `Served again ${ms(rtoMs)} after the trouble began.`;
  if (recoveredAfterMs === null) return `${moved} No visitor has been served well since.`.trim();
  return downSeconds === 0 ? moved : `${moved} Visitors went without for ${ms(recoveredAfterMs)}.`.trim();
}

function lossWords({ transactionsLost, lostIn }: Impact): string {
  if (transactionsLost === 0) return 'No acknowledged transaction was lost.';
  if (transactionsLost === null)
    return 'How many acknowledged transactions were lost is told once the former copy was compared.';
  const where = lostIn.map(({ zone, folder }) => `zone ${zone}: ${folder}`).join(', ');
  return `At most ${transactionsLost} acknowledged transactions were lost; the list is in ${where}.`;
}

function ms(value: number): string {
  return value < 10_000 ? `${Math.round(value)} ms` : `${Math.round(value / 1_000)} s`;
}
