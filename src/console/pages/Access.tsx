/** Who has access: tokens and open sessions, given and taken back. */
import { type FormEvent, useState } from 'react';
import { ActionDialog, Dialog } from '../actions/ActionDialog.tsx';
import { ask, type Problem, problemOf } from '../data/ask.ts';
import { refresh, useResource } from '../data/resource.ts';
import type { Me, NewToken, Token, TokensAnswer } from '../data/shapes.ts';
import { At } from '../parts/Clock.tsx';
import { Page } from '../parts/Page.tsx';
import { Empty, Shown } from '../parts/Shown.tsx';
import { Trouble } from '../parts/Trouble.tsx';
import { day } from '../words/numbers.ts';

const PATH = '/tokens?limit=200';
const ROLES: Me['role'][] = ['viewer', 'owner', 'operator', 'admin'];

export function Access() {
  const tokens = useResource<TokensAnswer>(PATH);
  const [giving, setGiving] = useState(false);
  return (
    <Page
      title="Access"
      side={
        <button type="button" className="button" onClick={() => setGiving(true)}>
          Give access …
        </button>
      }
    >
      <Shown of={tokens} path={PATH}>
        {({ tokens: all, next }) =>
          all.length === 0 ? (
            <Empty title="No token was given yet." />
          ) : (
            <>
              <ul className="rows">
                {all.map((token) => (
                  <Row key={token.id} token={token} />
                ))}
              </ul>
              {next !== null && (
                <p className="soft small">
                  Only the first 200 are shown; <code>holdfast token list</code> shows all.
                </p>
              )}
            </>
          )
        }
      </Shown>
      {giving && <GiveAccess close={() => setGiving(false)} />}
    </Page>
  );
}

function Row({ token }: { token: Token }) {
  const [taking, setTaking] = useState(false);
  const { id, kind, name, role, sites, createdBy, createdAt, expiresAt, lastUsedAt } = token;
  return (
    <li className="row access-row">
      <span className="row-main">
        <span className="row-title">{name}</span>
        <span className="row-sub">
          {role}
          {sites.length > 0 ? ` of ${sites.join(', ')}` : ''}, {kind} <code>{id}</code>
        </span>
      </span>
      <span className="row-places">
        given by {createdBy}, {day(createdAt)}, until {day(expiresAt)}
        <br />
        {lastUsedAt === null ? (
          'never used'
        ) : (
          <>
            last used <At at={lastUsedAt} />
          </>
        )}
      </span>
      <span className="row-state">
        <button type="button" className="button small" onClick={() => setTaking(true)}>
          Take back …
          <span className="sr-only">
            {' '}
            the {kind} of {name}
          </span>
        </button>
      </span>
      {taking && <TakeBack token={token} close={() => setTaking(false)} />}
    </li>
  );
}

function TakeBack({ token: { id, kind, name }, close }: { token: Token; close(): void }) {
  return (
    <ActionDialog
      title={`Take the ${kind} of ${name} back`}
      verb="Take it back"
      grave
      reason={false}
      ask={async () => {
        const outcome = await ask<{ sentence: string }>(`/tokens/${id}`, 'DELETE');
        void refresh(PATH);
        return outcome;
      }}
      close={close}
    >
      <p>
        Within five seconds no controller heeds it any more
        {kind === 'token' ? ', and every session that was opened with it ends' : ''}. It cannot be given again; another
        one can.
      </p>
    </ActionDialog>
  );
}

function GiveAccess({ close }: { close(): void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Me['role']>('viewer');
  const [sites, setSites] = useState('');
  const [days, setDays] = useState('90');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [given, setGiven] = useState<NewToken | null>(null);

  async function send(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    const own = role === 'owner' ? sites.split(/[\s,]+/).filter(Boolean) : [];
    try {
      setGiven(await ask<NewToken>('/tokens', 'POST', { name: name.trim(), role, sites: own, days: Number(days) }));
      void refresh(PATH);
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  }
  if (given !== null)
    return (
      <Dialog title="Access was given" close={close}>
        <div className="form">
          <p>{given.sentence}</p>
          <label className="field">
            <span>The token, shown this once</span>
            <input className="mono" readOnly value={given.secret} onFocus={(event) => event.target.select()} />
          </label>
          <div className="dialog-buttons">
            <button type="button" className="button primary" onClick={close}>
              I have kept it
            </button>
          </div>
        </div>
      </Dialog>
    );
  return (
    <Dialog title="Give access" close={close}>
      <form className="form" onSubmit={(event) => void send(event)}>
        <label className="field">
          <span>
            Whose it is <span className="soft">as it stands in records</span>
          </span>
          <input value={name} maxLength={64} required onChange={(event) => setName(event.target.value)} />
        </label>
        <label className="field">
          <span>Role</span>
          <select value={role} onChange={(event) => setRole(event.target.value as Me['role'])}>
            {ROLES.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        {role === 'owner' && (
          <label className="field">
            <span>Their sites</span>
            <input value={sites} required spellCheck={false} onChange={(event) => setSites(event.target.value)} />
          </label>
        )}
        <label className="field">
          <span>Days until it expires</span>
          <input
            type="number"
            min={1}
            max={730}
            required
            value={days}
            onChange={(event) => setDays(event.target.value)}
          />
        </label>
        {problem !== null && <Trouble problem={problem} />}
        <div className="dialog-buttons">
          <button type="button" className="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={busy}>
            {busy ? 'Asking …' : 'Give access'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
