/** One incident in a list. */
import { toHash } from '../browser/route.ts';
import type { IncidentOutline } from '../data/shapes.ts';
import { isPlanned, subjectWords } from '../words/incident.ts';
import { counted, duration } from '../words/numbers.ts';
import { At, For } from './Clock.tsx';
import { Toned } from './Tone.tsx';

export function IncidentRow({ incident }: { incident: IncidentOutline }) {
  const { id, subject, openedAt, closedAt, sites, holder, state, headline } = incident;
  return (
    <li>
      <a className="row incident-row" href={toHash(['incidents', id])}>
        <span className="row-main">
          <span className="row-title">{subjectWords(subject)}</span>
          <span className="row-sub">{headline}</span>
        </span>
        <span className="row-places">
          <At at={openedAt} />, {counted(sites.length, 'site')}
          {holder === null ? '' : `, taken by ${holder}`}
          {closedAt === null && state !== null ? `, ${state}` : ''}
        </span>
        <span className="row-state">
          {closedAt === null ? (
            <Toned word={isPlanned(subject) ? 'under way' : 'open'} tone={isPlanned(subject) ? 'busy' : 'bad'} />
          ) : (
            <Toned word="over" tone="quiet" />
          )}
          <span className="soft small">
            {closedAt === null ? <For since={openedAt} /> : `after ${duration(closedAt - openedAt)}`}
          </span>
        </span>
      </a>
    </li>
  );
}
