/**
 * When a controller's turns are: every TICK_MS, and at once when a report may tell what a site's next step waits for. Moving a site
 * takes four steps of a controller; without this each of them waits for half a turn on average.
 */
import type { SiteVerdict } from '../decide/index.ts';
import { type Phase, phaseOf, type Report, type SiteId } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import { TICK_MS } from './loop.ts';

export interface Turns {
  /** A report was taken in. */
  heard(report: Report): void;
  stop(): void;
}

/** Of these the next step follows from what agents or edges report, and somebody waits for it. */
const WAITED_FOR: ReadonlySet<Phase> = new Set<Phase>(['promoting', 'opening', 'growing', 'handing-over']);
/** Two turns are at least so far apart, */
const LEAST_GAP_MS = 10;
/** and at least this many times as long as one takes: ten thousand sites are moved by the ordinary turns. */
const GAP_TIMES = 4;

/** `turn`: does one and answers what was decided about the sites it looked at, which are all that are not at peace. */
export function startTurns(clock: Clock, turn: () => readonly SiteVerdict[]): Turns {
  let waiting = new Set<SiteId>();
  let endedAt = clock.mono();
  let gapMs = LEAST_GAP_MS;
  let cancel: (() => void) | null = null;

  const take = () => {
    cancel?.();
    cancel = null;
    const beganAt = clock.mono();
    waiting = new Set(turn().flatMap(({ placement }) => (WAITED_FOR.has(phaseOf(placement)) ? [placement.site] : [])));
    endedAt = clock.mono();
    gapMs = Math.max(LEAST_GAP_MS, GAP_TIMES * (endedAt - beganAt));
  };
  const stopTicks = clock.every(TICK_MS, take);

  return {
    heard(report) {
      if (cancel !== null || waiting.size === 0 || !tellsOf(report, waiting)) return;
      const dueInMs = gapMs - (clock.mono() - endedAt);
      // Before the next ordinary turn, or it is no gain.
      if (dueInMs < TICK_MS) cancel = clock.after(Math.max(0, dueInMs), take);
    },
    stop() {
      stopTicks();
      cancel?.();
    },
  };
}

function tellsOf(report: Report, sites: ReadonlySet<SiteId>): boolean {
  const told = report.kind === 'agent' ? report.copies : report.routes;
  return told.some(({ site }) => sites.has(site));
}
