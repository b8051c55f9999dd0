/** Every link of an incident's chain in the order of time; what was seen can be folded away. */
import { useMemo, useState } from 'react';
import type { Incident, IncidentEntry } from '../data/shapes.ts';
import { count, offset } from '../words/numbers.ts';
import type { Tone } from '../words/states.ts';
import { Mark } from './Tone.tsx';

const TONES: Record<IncidentEntry['kind'], Tone> = {
  observation: 'quiet',
  finding: 'warn',
  decision: 'busy',
  refusal: 'bad',
  action: 'quiet',
  result: 'good',
  note: 'busy',
};
/** An incident of ten thousand sites has a hundred thousand links. */
const MOST_DRAWN = 300;

export function Chain({ incident }: { incident: Incident }) {
  const [brief, setBrief] = useState(false);
  const [most, setMost] = useState(MOST_DRAWN);
  const { entries, openedAt } = incident;
  const sorted = useMemo(() => entries.toSorted((one, other) => one.at - other.at), [entries]);
  const wanted = brief ? sorted.filter(({ kind }) => kind !== 'observation' && kind !== 'action') : sorted;
  const shown = wanted.slice(0, most);
  return (
    <>
      <label className="check">
        <input type="checkbox" checked={brief} onChange={(event) => setBrief(event.target.checked)} /> Without
        observations and single actions
      </label>
      <ol className="chain" aria-live="polite" aria-relevant="additions">
        {shown.map((entry, at) => (
          <Link key={at} entry={entry} openedAt={openedAt} many={incident.sites.length > 1} />
        ))}
      </ol>
      {wanted.length > shown.length && (
        <button type="button" className="button" onClick={() => setMost(most + MOST_DRAWN * 4)}>
          Show more ({count(wanted.length - shown.length)} left)
        </button>
      )}
    </>
  );
}

function Link({ entry, openedAt, many }: { entry: IncidentEntry; openedAt: number; many: boolean }) {
  const { at, kind, by, site, sentence } = entry;
  const person = /^person:/.test(by);
  return (
    <li className={`link-row kind-${kind}`}>
      <span className="link-time mono">{offset(at - openedAt)}</span>
      <span className="link-kind">
        <Mark tone={TONES[kind]} /> {kind}
      </span>
      <span className="link-words">
        {sentence}
        <span className="soft small">
          {' '}
          {person ? by.slice('person:'.length) : by}
          {many && site !== null ? `, ${site}` : ''}
        </span>
      </span>
    </li>
  );
}
