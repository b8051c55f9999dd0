/** A long list of rows of one height, of which only those in sight are drawn. It scrolls with the window, so that phones behave as they do. */
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { inSight, type Sight } from './sight.ts';

interface Props {
  count: number;
  /** CSS pixels. */
  rowHeight: number;
  label: string;
  row(index: number): ReactNode;
  /** Rows up to this one are looked at. */
  reach(index: number): void;
}

export function Virtual({ count, rowHeight, label, row, reach }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const [{ first, last }, setSight] = useState<Sight>({ first: 0, last: 30 });
  useLayoutEffect(() => {
    const look = () => {
      const top = list.current?.getBoundingClientRect().top ?? 0;
      const sight = inSight(-top, window.innerHeight, rowHeight, count);
      setSight((before) => (before.first === sight.first && before.last === sight.last ? before : sight));
    };
    look();
    window.addEventListener('scroll', look, { passive: true });
    window.addEventListener('resize', look);
    return () => {
      window.removeEventListener('scroll', look);
      window.removeEventListener('resize', look);
    };
  }, [count, rowHeight]);
  useEffect(() => reach(Math.min(last, count) - 1), [last, count, reach]);
  const shown = Array.from({ length: Math.max(0, Math.min(last, count) - first) }, (_, at) => first + at);
  return (
    <ul className="virtual" ref={list} aria-label={label} style={{ height: count * rowHeight }}>
      {shown.map((index) => (
        <li
          key={index}
          className="virtual-row"
          style={{ transform: `translateY(${index * rowHeight}px)`, height: rowHeight }}
          aria-setsize={count}
          aria-posinset={index + 1}
        >
          {row(index)}
        </li>
      ))}
    </ul>
  );
}
