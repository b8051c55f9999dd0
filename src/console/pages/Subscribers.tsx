/** Who asked on the status page to be told; admins see whole addresses, and end what somebody asks them to end. */
import { useState } from 'react';
import { ActionDialog } from '../actions/ActionDialog.tsx';
import { mayGiveAccess } from '../actions/allowed.ts';
import { ask } from '../data/ask.ts';
import { refresh, useResource } from '../data/resource.ts';
import type { Me, Subscriber, SubscribersAnswer } from '../data/shapes.ts';
import { At } from '../parts/Clock.tsx';
import { Page } from '../parts/Page.tsx';
import { Empty, Shown } from '../parts/Shown.tsx';
import { Toned } from '../parts/Tone.tsx';
import { day } from '../words/numbers.ts';

const PATH = '/subscribers?limit=200';

export function Subscribers({ me }: { me: Me }) {
  const subscribers = useResource<SubscribersAnswer>(PATH);
  return (
    <Page title="Subscribers">
      <Shown of={subscribers} path={PATH}>
        {({ subscribers: all, next }) =>
          all.length === 0 ? (
            <Empty title="Nobody has subscribed.">Visitors ask on the status page to be told.</Empty>
          ) : (
            <>
              <ul className="rows">
                {all.map((one) => (
                  <Row key={one.id} subscriber={one} mayEnd={mayGiveAccess(me)} />
                ))}
              </ul>
              {next !== null && (
                <p className="soft small">
                  Only the first 200 are shown; <code>holdfast subscribers</code> shows all.
                </p>
              )}
            </>
          )
        }
      </Shown>
    </Page>
  );
}

function Row({ subscriber, mayEnd }: { subscriber: Subscriber; mayEnd: boolean }) {
  const [ending, setEnding] = useState(false);
  const { channel, to, askedAt, confirmedAt } = subscriber;
  return (
    <li className="row">
      <span className="row-main">
        <span className="row-title">{to}</span>
        <span className="row-sub">
          {channel}, told of {aboutWords(subscriber)}
        </span>
      </span>
      <span className="row-places">
        {confirmedAt !== null ? `since ${day(confirmedAt)}` : askedAt !== null && <At at={askedAt} />}
      </span>
      <span className="row-state">
        <Toned
          word={confirmedAt === null ? 'not confirmed' : 'confirmed'}
          tone={confirmedAt === null ? 'quiet' : 'good'}
        />
        {mayEnd && (
          <button type="button" className="button small" onClick={() => setEnding(true)}>
            End …<span className="sr-only"> the messages to {to}</span>
          </button>
        )}
      </span>
      {ending && <End subscriber={subscriber} close={() => setEnding(false)} />}
    </li>
  );
}

function aboutWords({ site, link }: Subscriber): string {
  if (site === null) return 'everything';
  return link === null ? site : `${site}, by its private link ${link}`;
}

function End({ subscriber, close }: { subscriber: Subscriber; close(): void }) {
  const { id, to } = subscriber;
  return (
    <ActionDialog
      title={`End the messages to ${to}`}
      verb="End them"
      grave
      reason={false}
      ask={async () => {
        const outcome = await ask<{ sentence: string }>(`/subscribers/${encodeURIComponent(id)}`, 'DELETE');
        void refresh(PATH);
        return outcome;
      }}
      close={close}
    >
      <p>
        Nothing more is sent there about {aboutWords(subscriber)}, not even what waits already. Only they themselves can
        ask for it again, on the status page.
      </p>
    </ActionDialog>
  );
}
