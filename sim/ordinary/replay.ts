/** One episode again, told as it goes: for finding out why something moved. */
import type { DetectorSettings, Patience } from '../../src/model/index.ts';
import { PATIENCE } from '../../src/model/index.ts';
import { createPlayer } from './episode.ts';
import { DEFAULT_SETTINGS } from './years.ts';

export interface ReplayOptions {
  settings?: DetectorSettings;
  patience?: Patience;
}

/** The lines of `npm run sim -- --episode SEED`. */
export function episodeTimeline(seed: number, options: ReplayOptions = {}): string[] {
  const { settings = DEFAULT_SETTINGS, patience = PATIENCE.normal } = options;
  const lines: string[] = [];
  const watch = (atMs: number, text: string) => lines.push(`${String(atMs).padStart(8)} ms  ${text}`);
  const episode = createPlayer({ settings, patience }).play(seed, watch);
  const moves = episode.moves.map(
    ({ site, from, to, verdict, because, atMs }) => `${site} ${from}→${to} for ${because} after ${atMs} ms: ${verdict}`,
  );
  return [
    `episode ${seed}: ${episode.kind}, ${episode.ms} ms`,
    ...lines,
    ...(moves.length === 0 ? ['nothing moved'] : moves),
    ...(episode.refusals.length === 0 ? [] : [`refused: ${episode.refusals.join(', ')}`]),
  ];
}
