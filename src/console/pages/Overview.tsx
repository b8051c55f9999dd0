/** What is kept on the wall: one sentence, the zones, what is open, and the sites that need somebody. */
import { useResource } from '../data/resource.ts';
import type { IncidentOutline, IncidentsAnswer, Me, SitesAnswer, ZonesAnswer } from '../data/shapes.ts';
import { useNow } from '../parts/Clock.tsx';
import { IncidentRow } from '../parts/IncidentRow.tsx';
import { Page, Section } from '../parts/Page.tsx';
import { Empty, Shown } from '../parts/Shown.tsx';
import { SiteRow } from '../parts/SiteRow.tsx';
import { Mark } from '../parts/Tone.tsx';
import { ZoneCard } from '../parts/ZoneCard.tsx';
import { isPlanned } from '../words/incident.ts';
import { counted } from '../words/numbers.ts';
import { summary } from '../words/states.ts';

const COUNTS = '/sites?limit=1';
const TROUBLED = '/sites?state=in-trouble&limit=10';
const EXPOSED = '/sites?state=exposed&limit=10';
const NEWEST = '/incidents?limit=50';
/** What is over stays on the wall for so long: a failover takes a second, and nobody looks all the time. */
const LATELY_MS = 3_600_000;
const MOST_SHOWN = 8;

export function Overview({ me }: { me: Me }) {
  const zones = useResource<ZonesAnswer>('/zones');
  const counts = useResource<SitesAnswer>(COUNTS);
  const newest = useResource<IncidentsAnswer>(NEWEST);
  return (
    <Page title="Overview">
      <Summary zones={zones.data} counts={counts.data} newest={newest.data} />
      <Shown of={zones} path="/zones">
        {({ zones: all, controller }) =>
          all.length === 0 ? (
            <Empty title="No zone has registered yet.">Zones appear by themselves when their controllers start.</Empty>
          ) : (
            <ul className="zones">
              {all.map((zone, at) => (
                <ZoneCard key={zone.zone} zone={zone} at={at} asked={controller} me={me} />
              ))}
            </ul>
          )
        }
      </Shown>
      <div className="columns">
        <Section title="Open, and of the last hour" side={<a href="#/incidents">All incidents</a>}>
          <Shown of={newest} path={NEWEST}>
            {({ incidents }) => <Lately incidents={incidents} />}
          </Shown>
        </Section>
        <Needing counts={counts.data} />
      </div>
    </Page>
  );
}

function Summary(all: { zones: ZonesAnswer | null; counts: SitesAnswer | null; newest: IncidentsAnswer | null }) {
  const { zones, counts, newest } = all;
  const open = (newest?.incidents ?? []).filter(({ subject, closedAt }) => closedAt === null && !isPlanned(subject));
  const told = zones === null || counts === null ? null : summary(zones.zones, counts.counts, open);
  return (
    <p className="summary" aria-live="polite">
      {told !== null && (
        <>
          <Mark tone={told.tone} /> {told.word}
        </>
      )}
    </p>
  );
}

/** Open ones first, each part the newest first. */
function Lately({ incidents }: { incidents: IncidentOutline[] }) {
  const now = useNow();
  const open = incidents.filter(({ closedAt }) => closedAt === null);
  const over = incidents.filter(({ closedAt }) => closedAt !== null && now - closedAt < LATELY_MS);
  const shown = [...open, ...over].slice(0, MOST_SHOWN);
  if (shown.length === 0)
    return (
      <Empty title="Nothing is open.">Incidents and planned moves show here while they go on, and for an hour.</Empty>
    );
  return (
    <ul className="rows">
      {shown.map((incident) => (
        <IncidentRow key={incident.id} incident={incident} />
      ))}
    </ul>
  );
}

/** Sites in trouble; when there are none, those that are exposed. */
function Needing({ counts }: { counts: SitesAnswer | null }) {
  const troubled = (counts?.counts['in-trouble'] ?? 0) > 0;
  const path = troubled ? TROUBLED : EXPOSED;
  const sites = useResource<SitesAnswer>(counts === null ? null : path);
  const many = sites.data?.counts[troubled ? 'in-trouble' : 'exposed'] ?? 0;
  return (
    <Section
      title={troubled ? 'Sites in trouble' : 'Exposed sites'}
      side={
        many > 10 ? (
          <a href={`#/sites?state=${troubled ? 'in-trouble' : 'exposed'}`}>All {counted(many, 'site')}</a>
        ) : null
      }
    >
      <Shown of={sites} path={path}>
        {({ sites: some }) =>
          some.length === 0 ? (
            <Empty title="No site needs anybody.">None is exposed or in trouble.</Empty>
          ) : (
            <ul className="rows">
              {some.map((site) => (
                <li key={site.site}>
                  <SiteRow site={site} />
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </Section>
  );
}
