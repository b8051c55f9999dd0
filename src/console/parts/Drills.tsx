/** How a site's drills went, newest first. */
import type { Resource } from '../data/resource.ts';
import type { DrillResult, DrillsAnswer } from '../data/shapes.ts';
import { duration } from '../words/numbers.ts';
import { FAULT_WORDS, OUTCOME_WORDS } from '../words/states.ts';
import { trendWords } from '../words/trend.ts';
import { At } from './Clock.tsx';
import { Empty, Shown } from './Shown.tsx';
import { Toned } from './Tone.tsx';

const MOST_SHOWN = 8;

export function Drills({ of: drills, path }: { of: Resource<DrillsAnswer>; path: string }) {
  return (
    <Shown of={drills} path={path}>
      {({ results }) =>
        results.length === 0 ? (
          <Empty title="No drill yet.">
            A drill moves the site away and home again, and says what visitors noticed.
          </Empty>
        ) : (
          <ul className="rows">
            {results
              .toReversed()
              .slice(0, MOST_SHOWN)
              .map((result) => (
                <Result key={result.id} result={result} past={results} />
              ))}
          </ul>
        )
      }
    </Shown>
  );
}

function Result({ result, past }: { result: DrillResult; past: DrillResult[] }) {
  const { fault, by, startedAt, outcome, problems, figures } = result;
  return (
    <li className="row drill-row">
      <span className="row-main">
        <span className="row-title">{FAULT_WORDS[fault] ?? fault}</span>
        <span className="row-sub">
          <At at={startedAt} />, {by}
          {problems.length > 0 ? `. ${problems.join('. ')}` : ''}
        </span>
      </span>
      <span className="row-places">
        {figures.failedRequests === 0 ? 'no request failed' : `${figures.failedRequests} requests failed`}, held at most{' '}
        {duration(figures.heldLongestMs)}, exposed {duration(figures.exposedMs)}
        <span className="trend">{trendWords(result, past)}</span>
      </span>
      <span className="row-state">
        <Toned {...OUTCOME_WORDS[outcome]} />
      </span>
    </li>
  );
}
