/** One incident: its marks on a line as they are reached, then its whole chain. */
import { useState } from 'react';
import { IncidentActions } from '../actions/IncidentActions.tsx';
import { toHash } from '../browser/route.ts';
import { useResource } from '../data/resource.ts';
import type { IncidentAnswer, Me } from '../data/shapes.ts';
import { Chain } from '../parts/Chain.tsx';
import { At, For } from '../parts/Clock.tsx';
import { Impacts } from '../parts/Impacts.tsx';
import { Page, Section } from '../parts/Page.tsx';
import { Shown } from '../parts/Shown.tsx';
import { TimeLine } from '../parts/TimeLine.tsx';
import { Toned } from '../parts/Tone.tsx';
import { Updates } from '../parts/Updates.tsx';
import { isPlanned, subjectWords, UPDATE_WORDS } from '../words/incident.ts';
import { counted, duration } from '../words/numbers.ts';

const BACK = { href: '#/incidents', label: 'Incidents' };
const MOST_NAMED = 12;

export function IncidentPage({ id, me }: { id: string; me: Me }) {
  const path = `/incidents/${encodeURIComponent(id)}`;
  const incident = useResource<IncidentAnswer>(path);
  const { data } = incident;
  return (
    <Page
      title={data === null ? 'Incident' : subjectWords(data.subject)}
      back={BACK}
      side={data !== null && <IncidentActions incident={data} me={me} />}
    >
      <Shown of={incident} path={path} rows={6}>
        {(known) => <Told incident={known} path={path} me={me} />}
      </Shown>
    </Page>
  );
}

function Told({ incident, path, me }: { incident: IncidentAnswer; path: string; me: Me }) {
  const { subject, openedAt, closedAt, sites, id, holder, state } = incident;
  const planned = isPlanned(subject);
  return (
    <>
      <p className="facts">
        {closedAt === null ? (
          <Toned word={planned ? 'under way' : 'open'} tone={planned ? 'busy' : 'bad'} strong />
        ) : (
          <Toned word="over" tone="quiet" strong />
        )}
        <span>
          began <At at={openedAt} />
        </span>
        <span>{closedAt === null ? <For since={openedAt} /> : `took ${duration(closedAt - openedAt)}`}</span>
        {state !== null && (
          <span>
            marked <Toned {...UPDATE_WORDS[state]} />
          </span>
        )}
        {holder !== null && <span>taken by {holder}</span>}
      </p>
      <TimeLine incident={incident} />
      <Concerned sites={sites} />
      {!planned && <Impacts path={path} />}
      {!planned && <Updates incident={incident} me={me} />}
      <Section title="What happened">
        <Chain incident={incident} />
      </Section>
      <p className="soft small mono id">{id}</p>
    </>
  );
}

function Concerned({ sites }: { sites: string[] }) {
  const [all, setAll] = useState(false);
  if (sites.length === 0) return null;
  const shown = all ? sites : sites.slice(0, MOST_NAMED);
  return (
    <p className="concerned">
      <span className="soft">{counted(sites.length, 'site')}: </span>
      {shown.map((site, at) => (
        <span key={site}>
          {at > 0 ? ', ' : ''}
          <a href={toHash(['sites', site])}>{site}</a>
        </span>
      ))}
      {shown.length < sites.length && (
        <>
          {' '}
          <button type="button" className="link" onClick={() => setAll(true)}>
            and {sites.length - shown.length} more
          </button>
        </>
      )}
    </p>
  );
}
