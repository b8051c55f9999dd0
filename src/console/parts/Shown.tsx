/** A resource on the page: a quiet placeholder while it is read for the first time, its trouble, or what it says. */
import type { ReactNode } from 'react';
import { type Resource, refresh } from '../data/resource.ts';
import { Trouble } from './Trouble.tsx';

interface Props<T> {
  of: Resource<T>;
  path: string;
  /** Rows of the placeholder. */
  rows?: number;
  children(data: T): ReactNode;
}

export function Shown<T>({ of: { data, problem }, path, rows = 3, children }: Props<T>) {
  if (data !== null) return children(data);
  if (problem !== null) return <Trouble problem={problem} again={() => void refresh(path)} />;
  return <Waiting rows={rows} />;
}

export function Waiting({ rows }: { rows: number }) {
  return (
    <div className="waiting" role="status">
      <span className="sr-only">Loading</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="waiting-row pulse" />
      ))}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children !== undefined && <p className="soft">{children}</p>}
    </div>
  );
}
