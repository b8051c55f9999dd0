/** What happened, newest first. */
import { useResource } from '../data/resource.ts';
import type { IncidentOutline, IncidentsAnswer } from '../data/shapes.ts';
import { IncidentRow } from '../parts/IncidentRow.tsx';
import { Older } from '../parts/Older.tsx';
import { Page } from '../parts/Page.tsx';
import { Empty, Shown } from '../parts/Shown.tsx';

const NEWEST = '/incidents?limit=50';

export function Incidents() {
  const newest = useResource<IncidentsAnswer>(NEWEST);
  return (
    <Page title="Incidents">
      <Shown of={newest} path={NEWEST} rows={6}>
        {({ incidents, next }) =>
          incidents.length === 0 ? (
            <Empty title="Nothing has happened yet.">
              Incidents, drills and planned moves are listed here, each with what was seen, decided and done.
            </Empty>
          ) : (
            <>
              <ul className="rows">
                {incidents.map((incident) => (
                  <IncidentRow key={incident.id} incident={incident} />
                ))}
              </ul>
              <Older<IncidentsAnswer, IncidentOutline>
                path={NEWEST}
                from={next}
                rows={(page) => page.incidents}
                row={(incident) => <IncidentRow key={incident.id} incident={incident} />}
              />
            </>
          )
        }
      </Shown>
    </Page>
  );
}
