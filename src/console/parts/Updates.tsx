/** What people wrote into an incident, newest first, and the form to write more. */
import { mayRespond } from '../actions/allowed.ts';
import { UpdateForm } from '../actions/UpdateForm.tsx';
import type { IncidentAnswer, Me } from '../data/shapes.ts';
import { UPDATE_WORDS, type Written, writtenIn } from '../words/incident.ts';
import { capital } from '../words/states.ts';
import { At } from './Clock.tsx';
import { Section } from './Page.tsx';
import { Empty } from './Shown.tsx';
import { Toned } from './Tone.tsx';

export function Updates({ incident, me }: { incident: IncidentAnswer; me: Me }) {
  const written = writtenIn(incident);
  return (
    <Section title="Updates">
      {written.length === 0 ? (
        <Empty title="Nobody has written anything yet.">
          What people write here is told to everybody concerned and, marked public, stands on the status page.
        </Empty>
      ) : (
        <ol className="rows" aria-live="polite" aria-relevant="additions">
          {written.map((one) => (
            <Update key={`${one.at} ${one.by}`} written={one} />
          ))}
        </ol>
      )}
      {mayRespond(me) && <UpdateForm incident={incident} />}
    </Section>
  );
}

function Update({ written: { at, by, state, text, public: shown } }: { written: Written }) {
  const { word, tone } = UPDATE_WORDS[state];
  return (
    <li className="update">
      <p className="facts small">
        <Toned word={capital(word)} tone={tone} strong />
        <span className="soft">
          {by}, <At at={at} />
        </span>
        <span className="soft">{shown ? 'public' : 'for the people concerned'}</span>
      </p>
      <p className="said">{text}</p>
    </li>
  );
}
