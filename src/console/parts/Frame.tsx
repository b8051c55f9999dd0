/** What stands around every page: where one is, whether the controller is heard, and who one is. */
import type { ReactNode } from 'react';
import { mayGiveAccess, mayMove } from '../actions/allowed.ts';
import { useCell } from '../browser/store.ts';
import { connection } from '../data/live.ts';
import { signOut } from '../data/session.ts';
import type { Me } from '../data/shapes.ts';
import { LostNotice, StoreNotice } from './ControllerLost.tsx';
import { Toned } from './Tone.tsx';

const PLACES = [
  { part: '', label: 'Overview', href: '#/' },
  { part: 'sites', label: 'Sites', href: '#/sites' },
  { part: 'incidents', label: 'Incidents', href: '#/incidents' },
];

/** Seldom looked at; found under one's own name. */
const MORE = [
  { label: 'Messages to people', href: '#/messages', may: mayMove },
  { label: 'Subscribers', href: '#/subscribers', may: mayMove },
  { label: 'Access', href: '#/access', may: mayGiveAccess },
  { label: 'Audit', href: '#/audit', may: mayGiveAccess },
];

const closeMenu = () => document.querySelector('details.person')?.removeAttribute('open');

export function Frame({ me, here, children }: { me: Me; here: string; children: ReactNode }) {
  return (
    <>
      <button type="button" className="skip" onClick={() => document.querySelector<HTMLElement>('#main h1')?.focus()}>
        To the content
      </button>
      <header className="top">
        <a className="brand" href="#/">
          Holdfast
        </a>
        <nav aria-label="Main">
          <ul className="places">
            {PLACES.map(({ part, label, href }) => (
              <li key={part}>
                <a href={href} aria-current={here === part ? 'page' : undefined}>
                  {label}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div className="top-side">
          <Heard />
          <details className="person">
            <summary>{me.name}</summary>
            <div className="person-menu">
              <p>
                <strong>{me.name}</strong>
                <br />
                <span className="soft">{ROLE_WORDS[me.role]}</span>
              </p>
              {MORE.filter(({ may }) => may(me)).map(({ href, label }) => (
                <a key={href} href={href} onClick={closeMenu}>
                  {label}
                </a>
              ))}
              <button type="button" className="button" onClick={() => void signOut()}>
                Sign out
              </button>
            </div>
          </details>
        </div>
      </header>
      <LostNotice />
      <StoreNotice />
      {children}
    </>
  );
}

const ROLE_WORDS: Record<Me['role'], string> = {
  viewer: 'Viewer: sees everything, changes nothing',
  owner: 'Owner: sees and practises on own sites',
  operator: 'Operator: moves sites and empties zones',
  admin: 'Administrator',
};

function Heard() {
  const { state, controller } = useCell(connection);
  return (
    <span className="heard">
      {state === 'live' && <Toned word={controller === null ? 'live' : `live from ${controller}`} tone="good" />}
      {state === 'connecting' && <Toned word="connecting" tone="busy" />}
      {state === 'lost' && <Toned word="not connected" tone="bad" />}
    </span>
  );
}
