/** What comes after the newest page of a list, page by page, as somebody asks for it. */
import { type ReactNode, useState } from 'react';
import { ask, type Problem, problemOf } from '../data/ask.ts';
import { Trouble } from './Trouble.tsx';

interface Props<A, T> {
  /** Of the first page, with its query. */
  path: string;
  /** The cursor that it ended with; null: there is nothing more. */
  from: string | null;
  rows(page: A): T[];
  row(one: T): ReactNode;
}

export function Older<A extends { next: string | null }, T>({ path, from, rows, row }: Props<A, T>) {
  const [older, setOlder] = useState<{ rows: T[]; next: string | null } | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const next = older === null ? from : older.next;
  async function more(): Promise<void> {
    if (next === null) return;
    setBusy(true);
    try {
      const page = await ask<A>(`${path}&cursor=${encodeURIComponent(next)}`);
      setOlder({ rows: [...(older?.rows ?? []), ...rows(page)], next: page.next });
      setProblem(null);
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  }
  return (
    <>
      {older !== null && <ul className="rows">{older.rows.map(row)}</ul>}
      {problem !== null && <Trouble problem={problem} />}
      {next !== null && (
        <button type="button" className="button older" disabled={busy} onClick={() => void more()}>
          {busy ? 'Loading …' : 'Show older'}
        </button>
      )}
    </>
  );
}
