/** Which page belongs to which place. */
import type { ReactNode } from 'react';
import { mayGiveAccess, mayMove } from '../actions/allowed.ts';
import type { Place } from '../browser/route.ts';
import type { Me } from '../data/shapes.ts';
import { Page } from '../parts/Page.tsx';
import { Access } from './Access.tsx';
import { Audit } from './Audit.tsx';
import { IncidentPage } from './Incident.tsx';
import { Incidents } from './Incidents.tsx';
import { Notices } from './Notices.tsx';
import { Overview } from './Overview.tsx';
import { SitePage } from './Site.tsx';
import { Sites } from './Sites.tsx';
import { Subscribers } from './Subscribers.tsx';

export function pageOf({ parts, query }: Place, me: Me): ReactNode {
  const [first, second, more] = parts;
  if (more !== undefined) return <NoSuchPage />;
  if (first === undefined) return <Overview me={me} />;
  if (first === 'sites')
    return second === undefined ? <Sites query={query} /> : <SitePage key={second} site={second} me={me} />;
  if (first === 'incidents')
    return second === undefined ? <Incidents /> : <IncidentPage key={second} id={second} me={me} />;
  if (second === undefined && first === 'messages' && mayMove(me)) return <Notices />;
  if (second === undefined && first === 'subscribers' && mayMove(me)) return <Subscribers me={me} />;
  if (second === undefined && first === 'access' && mayGiveAccess(me)) return <Access />;
  if (second === undefined && first === 'audit' && mayGiveAccess(me)) return <Audit />;
  return <NoSuchPage />;
}

function NoSuchPage() {
  return (
    <Page title="There is no such page">
      <p>
        The address may be old or mistyped. <a href="#/">To the overview</a>
      </p>
    </Page>
  );
}
