/** A site's visitors by zone, as they come: a chart, its legend with the newest figures, and the same in words. */
import { lazy, Suspense } from 'react';
import { type Resource, useResource } from '../data/resource.ts';
import type { SiteStatus, TrafficAnswer } from '../data/shapes.ts';
import { count } from '../words/numbers.ts';
import { toColumns, trafficNow } from '../words/traffic.ts';
import { Section } from './Page.tsx';
import { Empty, Shown, Waiting } from './Shown.tsx';

/** The chart library comes only with the first chart. */
const Chart = lazy(() => import('./Chart.tsx'));
const MOST_ZONES = 4;

export function Traffic({ site }: { site: SiteStatus }) {
  const path = `/sites/${encodeURIComponent(site.site)}/traffic`;
  const traffic: Resource<TrafficAnswer> = useResource(path);
  const zones = site.copies.map(({ zone }) => zone).slice(0, MOST_ZONES);
  return (
    <Section title="Visitors">
      <Shown of={traffic} path={path}>
        {({ seconds }) =>
          seconds.length < 2 ? (
            <Empty title="Counting begins now.">
              Requests by zone are drawn here, second by second, while you look.
            </Empty>
          ) : (
            <Drawn seconds={seconds} zones={zones} live={site.live} />
          )
        }
      </Shown>
    </Section>
  );
}

function Drawn({ seconds, zones, live }: { seconds: TrafficAnswer['seconds']; zones: string[]; live: string }) {
  const now = trafficNow(seconds, zones);
  return (
    <figure className="card traffic">
      <figcaption className="legend">
        {now.zones.map(({ zone, perSecond }, at) => (
          <span key={zone}>
            <span className={`swatch zone-${at + 1}`} aria-hidden="true" /> Zone {zone}
            {zone === live ? ' (live)' : ''} <strong>{perSecond}</strong>/s
          </span>
        ))}
        <span>
          <span className="swatch failed" aria-hidden="true" /> Failed <strong>{count(now.failed)}</strong> in{' '}
          {seconds.length} s
        </span>
        {now.p99 !== null && (
          <span className="soft">
            slowest of a hundred under <strong>{now.p99}</strong>
          </span>
        )}
      </figcaption>
      <Suspense fallback={<Waiting rows={2} />}>
        <Chart columns={toColumns(seconds, zones)} zones={zones} />
      </Suspense>
    </figure>
  );
}
