/** A state: its shape, its colour and, always, its word. */
import type { Tone, Word } from '../words/states.ts';

const SHAPES: Record<Tone, string> = {
  good: 'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13Z',
  busy: 'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13Zm0 2.2a4.3 4.3 0 0 0 0 8.6V3.7Z',
  warn: 'M8 1.2 15.4 14.6H.6L8 1.2Z',
  bad: 'M2 2h12v12H2Z',
  quiet: 'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13Zm0 2a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9Z',
};

export function Mark({ tone }: { tone: Tone }) {
  return (
    <svg className={`mark tone-${tone}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={SHAPES[tone]} fill="currentColor" fillRule="evenodd" />
    </svg>
  );
}

export function Toned({ word, tone, strong = false }: Word & { strong?: boolean }) {
  return (
    <span className={`toned${strong ? ' strong' : ''}`}>
      <Mark tone={tone} />
      <span className={`tone-${tone}`}>{word}</span>
    </span>
  );
}
