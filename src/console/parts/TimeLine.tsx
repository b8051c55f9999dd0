/** An incident's marks on a line, drawn as they are reached: noticed, decided, moved, serving, protected. */
import type { Incident } from '../data/shapes.ts';
import { type Mark, marksOf } from '../words/incident.ts';
import { offset } from '../words/numbers.ts';
import { For } from './Clock.tsx';

export function TimeLine({ incident }: { incident: Incident }) {
  const marks = marksOf(incident);
  if (marks.length === 0) return null;
  const open = incident.closedAt === null;
  const next = marks.findIndex(({ afterMs }) => afterMs === null);
  return (
    <ol className="timeline" aria-label="Time line">
      {marks.map((mark, at) => (
        <Step key={mark.name} mark={mark} awaited={open && at === next} openedAt={incident.openedAt} />
      ))}
    </ol>
  );
}

function Step({ mark: { name, afterMs }, awaited, openedAt }: { mark: Mark; awaited: boolean; openedAt: number }) {
  const state = afterMs !== null ? 'reached' : awaited ? 'awaited' : 'ahead';
  return (
    <li className={`step ${state}`}>
      <span className={`dot${awaited ? ' pulse' : ''}`} aria-hidden="true" />
      <span className="step-name">{name}</span>
      <span className="step-time">
        {afterMs !== null ? offset(afterMs) : awaited ? <Counting since={openedAt} /> : 'not yet'}
      </span>
    </li>
  );
}

function Counting({ since }: { since: number }) {
  return (
    <>
      waiting, <For since={since} />
    </>
  );
}
