/** Episodes that once moved a site for nothing, each with its cause in `docs/reference/false-alarms.md`. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PATIENCE } from '../../src/model/index.ts';
import { createPlayer } from './episode.ts';
import { DEFAULT_SETTINGS } from './years.ts';

const page = readFileSync(new URL('../../docs/reference/false-alarms.md', import.meta.url), 'utf8');
const seeds = [...new Set(page.match(/\b\d{7,10}\b/g)!.map(Number))];
const player = createPlayer({ settings: DEFAULT_SETTINGS, patience: PATIENCE.normal });

it.each(seeds)('episode %i moves nothing for nothing any more', { timeout: 60_000 }, (seed) => {
  expect(player.play(seed).moves.filter(({ verdict }) => verdict === 'false')).toEqual([]);
});

it('the page tells of them', () => {
  expect(seeds.length).toBeGreaterThan(15);
});
