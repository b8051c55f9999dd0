/** Messages to people: those that wait, those that could not be delivered, those that were sent. */
import { useState } from 'react';
import { ask, type Problem, problemOf } from '../data/ask.ts';
import { refresh, useResource } from '../data/resource.ts';
import type { NoticesAnswer } from '../data/shapes.ts';
import { At } from '../parts/Clock.tsx';
import { Page } from '../parts/Page.tsx';
import { Empty, Shown } from '../parts/Shown.tsx';
import { Toned } from '../parts/Tone.tsx';
import { Trouble } from '../parts/Trouble.tsx';
import type { Word } from '../words/states.ts';

const PATH = '/notices?limit=100';
const EVERY_MS = 5_000;
type Notice = NoticesAnswer['notices'][number];

const WORDS: Record<Notice['state'], Word> = {
  waiting: { word: 'waiting', tone: 'busy' },
  dead: { word: 'not delivered', tone: 'bad' },
  sent: { word: 'sent', tone: 'good' },
};

export function Notices() {
  const notices = useResource<NoticesAnswer>(PATH, { everyMs: EVERY_MS });
  return (
    <Page title="Messages">
      <Shown of={notices} path={PATH} rows={6}>
        {({ notices: all }) =>
          all.length === 0 ? (
            <Empty title="Nobody was told anything yet.">
              People are told of incidents as the service’s description says.
            </Empty>
          ) : (
            <ul className="rows">
              {all.map((notice) => (
                <Row key={notice.id} notice={notice} />
              ))}
            </ul>
          )
        }
      </Shown>
    </Page>
  );
}

function Row({ notice }: { notice: Notice }) {
  const { id, subject, person, address, state, sentAt, createdAt, attempts, lastTrouble } = notice;
  const [problem, setProblem] = useState<Problem | null>(null);
  async function retry(): Promise<void> {
    try {
      await ask(`/notices/${encodeURIComponent(id)}/retry`, 'POST');
      await refresh(PATH);
    } catch (error) {
      setProblem(problemOf(error));
    }
  }
  return (
    <li className="row">
      <span className="row-main">
        <span className="row-title">{subject}</span>
        <span className="row-sub">
          to {person}, {address.channel} {address.to}
          {lastTrouble === null || state === 'sent' ? '' : `. ${lastTrouble}`}
        </span>
        {problem !== null && <Trouble problem={problem} />}
      </span>
      <span className="row-places">
        <At at={sentAt ?? createdAt} />
        {attempts > 1 ? `, ${attempts} attempts` : ''}
      </span>
      <span className="row-state">
        <Toned {...WORDS[state]} />
        {state === 'dead' && (
          <button type="button" className="button small" onClick={() => void retry()}>
            Try again
          </button>
        )}
      </span>
    </li>
  );
}
