/** One site: how it is, where its copies are and how they are, and what happens to it now. */
import { SiteActions } from '../actions/SiteActions.tsx';
import { toHash } from '../browser/route.ts';
import { useWatch } from '../data/live.ts';
import { useResource } from '../data/resource.ts';
import type { Drill, DrillsAnswer, Me, SiteStatus } from '../data/shapes.ts';
import { At, For } from '../parts/Clock.tsx';
import { Copies } from '../parts/Copies.tsx';
import { Drills } from '../parts/Drills.tsx';
import { Level } from '../parts/Level.tsx';
import { Page, Section } from '../parts/Page.tsx';
import { Shown } from '../parts/Shown.tsx';
import { Toned } from '../parts/Tone.tsx';
import { Traffic } from '../parts/Traffic.tsx';
import { FAULT_WORDS, siteWord } from '../words/states.ts';

const BACK = { href: '#/sites', label: 'Sites' };

export function SitePage({ site, me }: { site: string; me: Me }) {
  const path = `/sites/${encodeURIComponent(site)}`;
  const status = useResource<SiteStatus>(path);
  const drills = useResource<DrillsAnswer>(`${path}/drills`);
  useWatch(site);
  const drill = drills.data?.drill ?? null;
  return (
    <Page
      title={site}
      back={BACK}
      side={status.data !== null && <SiteActions site={status.data} me={me} drilling={drill !== null} />}
    >
      <Shown of={status} path={path} rows={6}>
        {(known) => <Told site={known} drill={drill} />}
      </Shown>
      <Level site={site} />
      <Section title="Drills">
        <Drills of={drills} path={`${path}/drills`} />
      </Section>
    </Page>
  );
}

function Told({ site, drill }: { site: SiteStatus; drill: Drill | null }) {
  return (
    <>
      <p className="facts" aria-live="polite">
        <Toned {...siteWord(site)} strong />
        <span>
          for <For since={site.since} />
        </span>
        <span>
          live in {site.live}, {site.standby === null ? 'no standby' : `standby in ${site.standby}`}
          {site.spares.length > 0 ? `, spare in ${site.spares.join(', ')}` : ''}
        </span>
        {site.plan !== '' && <span>plan {site.plan}</span>}
        <span className="soft">epoch {site.epoch}</span>
      </p>
      <p className="hosts">
        {site.hosts.map((host) => (
          <span key={host}>{host}</span>
        ))}
      </p>
      <NowGoingOn site={site} drill={drill} />
      <Section title="Copies">
        <Copies site={site} />
      </Section>
      <Traffic site={site} />
    </>
  );
}

const STAGES: Record<Drill['stage'], string> = {
  away: 'it is leaving home',
  there: 'the other copy serves',
  home: 'it is going home',
};

function NowGoingOn({ site, drill }: { site: SiteStatus; drill: Drill | null }) {
  const { incident, refusal, order, record } = site;
  const follow = record !== null && <a href={toHash(['incidents', record])}>Follow it</a>;
  return (
    <div className="going-on" aria-live="polite">
      {refusal !== null && (
        <div className="notice tone-bad-wash">
          <p>
            <strong>It is not moved: {refusal.code}.</strong> {refusal.sentence}
          </p>
          <ul className="plain-list small">
            {refusal.evidence.map(({ observer, saw }) => (
              <li key={observer + saw}>
                {observer}: {saw}
              </li>
            ))}
          </ul>
        </div>
      )}
      {drill !== null && (
        <div className="notice tone-busy-wash">
          <p>
            <strong>
              A drill is under way ({FAULT_WORDS[drill.fault]}): {STAGES[drill.stage]}.
            </strong>{' '}
            Begun by {drill.by}, <At at={drill.startedAt} />
            {drill.stopped === null ? '.' : `. It goes home before its time: ${drill.stopped}.`}
            {order !== null && ` Now: ${order.waitsFor}.`}
          </p>
          {follow}
        </div>
      )}
      {order !== null && drill === null && (
        <div className="notice tone-busy-wash">
          <p>
            <strong>A planned move to zone {order.to} is under way</strong>, asked for by {order.by},{' '}
            <At at={order.at} />
            {order.why === '' ? '' : `: ${order.why}`}. Now: {order.waitsFor}.
          </p>
          {follow}
        </div>
      )}
      {incident !== null && (
        <div className="notice tone-warn-wash">
          <p>
            It is part of an open incident. <a href={toHash(['incidents', incident])}>Look at it</a>
          </p>
        </div>
      )}
    </div>
  );
}
