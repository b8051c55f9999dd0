/** A page's frame: its heading takes the focus when it opens, so that a screen reader begins there, and names the window. */
import { type ReactNode, useEffect, useRef } from 'react';

interface Props {
  title: string;
  /** Above the heading: where one came from. */
  back?: { href: string; label: string };
  /** Beside the heading. */
  side?: ReactNode;
  children: ReactNode;
}

export function Page({ title, back, side, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Holdfast`;
  }, [title]);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, []);
  return (
    <main id="main" className="page">
      {back !== undefined && (
        <a className="back" href={back.href}>
          ← {back.label}
        </a>
      )}
      <div className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {side}
      </div>
      {children}
    </main>
  );
}

export function Section({ title, side, children }: { title: string; side?: ReactNode; children: ReactNode }) {
  return (
    <section className="section">
      <div className="section-head">
        <h2>{title}</h2>
        {side}
      </div>
      {children}
    </section>
  );
}
