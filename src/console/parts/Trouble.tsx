/** What could not be read, why, and what to do: the one shape of every failure on a page. */
import type { Problem } from '../data/ask.ts';

export function Trouble({ problem, again }: { problem: Problem; again?: () => void }) {
  return (
    <div className="notice tone-bad-wash" role="alert">
      <p>
        <strong>{problem.detail}</strong>
      </p>
      <p className="soft">{problem.fix}</p>
      {problem.problems !== undefined && (
        <ul className="plain-list small">
          {problem.problems.map(({ path, wrong }) => (
            <li key={path + wrong}>
              <code>{path.replace(/^(?:body|query|path)\./, '')}</code> {wrong}
            </li>
          ))}
        </ul>
      )}
      {again !== undefined && (
        <button type="button" className="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}
