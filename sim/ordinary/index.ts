/** False failovers in simulated zone-years of ordinary trouble: what the rest of the simulator and its command use. */
export { episodeTimeline, type ReplayOptions } from './replay.ts';
export { screenOf } from './screen.ts';
export { type YearsOptions, type YearsResult, years } from './years.ts';
