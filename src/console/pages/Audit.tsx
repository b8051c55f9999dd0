/** Every change that somebody asked for, newest first. */
import { useResource } from '../data/resource.ts';
import type { AuditAnswer } from '../data/shapes.ts';
import { At } from '../parts/Clock.tsx';
import { Older } from '../parts/Older.tsx';
import { Page } from '../parts/Page.tsx';
import { Empty, Shown } from '../parts/Shown.tsx';
import { Toned } from '../parts/Tone.tsx';

const PATH = '/audit?limit=100';
type Entry = AuditAnswer['entries'][number];

export function Audit() {
  const audit = useResource<AuditAnswer>(PATH);
  return (
    <Page title="Audit">
      <Shown of={audit} path={PATH} rows={6}>
        {({ entries, next }) =>
          entries.length === 0 ? (
            <Empty title="Nobody has changed anything yet.">
              Every change that is asked for stands here for 400 days.
            </Empty>
          ) : (
            <>
              <ul className="rows">{entries.map(row)}</ul>
              <Older<AuditAnswer, Entry> path={PATH} from={next} rows={(page) => page.entries} row={row} />
            </>
          )
        }
      </Shown>
    </Page>
  );
}

function row({ id, at, who, role, via, what, target, why, outcome, sentence }: Entry) {
  const done = outcome === 'done';
  return (
    <li key={id} className="row">
      <span className="row-main">
        <span className="row-title">
          {what.replaceAll('-', ' ')}: {target}
        </span>
        <span className="row-sub">
          {sentence}
          {why === '' ? '' : ` Reason: ${why}.`}
        </span>
      </span>
      <span className="row-places">
        <At at={at} />
        <br />
        {who} ({role}, {via.replace('-', ' ')})
      </span>
      <span className="row-state">
        <Toned
          word={done ? 'done' : (outcome ?? 'not known')}
          tone={done ? 'good' : outcome === null ? 'quiet' : 'warn'}
        />
      </span>
    </li>
  );
}
