/** When all is healed everything comes to rest: protected or alone as its plan has it, equal copies, no incident left, visitors served. */
import { isProtected, phaseOf, runsAlone } from '../../src/model/index.ts';
import type { Checker, SimRun } from '../trace.ts';
import {
  aloneSince,
  type Breach,
  type EventOf,
  eventsOf,
  failoversOf,
  seconds,
  sitesOf,
  stoppedShort,
} from './history.ts';

/** The after-effects of the last faults may still move a site for so long. */
const STILL_MOVING_MS = 12_000;
/** What is sent in the last stretch, but not so late that there was no time to answer. */
const SERVED_MS = 6_000;
const ANSWER_WITHIN_MS = 2_000;

export const converges: Checker = {
  name: 'converges',
  says: 'after the faults every site comes to rest, protected or alone by its plan, with equal copies, and serves its visitors',
  check: (run) => [
    ...eventsOf(run, 'end')
      .filter(({ site, placement }) => stoppedShort(run, site, placement) === null)
      .flatMap((end) => [...notAtRest(run, end), ...unequal(end)]),
    ...unfinished(run),
    ...movedLate(run),
    ...unserved(run),
  ],
};

function notAtRest(run: SimRun, { at, site, placement }: EventOf<'end'>): Breach[] {
  const isAlone = aloneSince(run, site, at) !== null;
  if (isAlone ? !runsAlone(placement) : !isProtected(placement) || placement.exposedBy != null) {
    const standby = placement.standby ?? 'none';
    return [
      {
        at,
        breach: `${site} is still ${phaseOf(placement)} (live ${placement.live}, standby ${standby}, epoch ${placement.epoch})${isAlone ? ' and is to run in one zone' : ''}`,
      },
    ];
  }
  if (placement.incident !== null)
    return [{ at, breach: `the incident ${placement.incident} of ${site} is still open` }];
  return [];
}

function unequal({ at, site, placement, holds }: EventOf<'end'>): Breach[] {
  const live = holds[placement.live];
  if (live === undefined) return [{ at, breach: `no copy of ${site} runs in its live zone ${placement.live}` }];
  return Object.entries(holds).flatMap(([zone, writes]) => {
    // A zone without a role is allowed to be behind; a copy that follows is not.
    if (zone !== placement.standby && !placement.spares.includes(zone)) return [];
    const there = new Set(writes);
    const missing = live.filter((write) => !there.has(write));
    const more = writes.length - (live.length - missing.length);
    if (missing.length === 0 && more === 0) return [];
    return [
      {
        at,
        breach: `the copy of ${site} in zone ${zone} lacks ${missing.length} writes of the live one and has ${more} of its own`,
      },
    ];
  });
}

/** A run that ends without saying how has not come to rest. */
function unfinished(run: SimRun): Breach[] {
  const ended = new Set(eventsOf(run, 'end').map(({ site }) => site));
  const missing = sitesOf(run).filter((site) => !ended.has(site));
  if (ended.size > 0 && missing.length === 0) return [];
  return [{ at: run.endedAt, breach: `the run ended without a word about ${missing.join(', ') || 'any site'}` }];
}

function movedLate(run: SimRun): Breach[] {
  return failoversOf(run).flatMap(({ at, placement, before, because }) => {
    if (at <= run.calmAt + STILL_MOVING_MS) return [];
    const breach = `${placement.site} left zone ${before!.live} (${because?.code ?? 'no finding'}) although all was calm since ${seconds(run.calmAt)}`;
    return [{ at, breach }];
  });
}

function unserved(run: SimRun): Breach[] {
  const ends = eventsOf(run, 'end').map(({ site, placement }) => [site, stoppedShort(run, site, placement)] as const);
  const still = new Set(ends.flatMap(([site, since]) => (since === null ? [] : [site])));
  const writes = eventsOf(run, 'write-sent').filter(({ site }) => !still.has(site));
  const sent = new Map(writes.map(({ write, at }) => [write, at]));
  const last = Math.max(0, ...sent.values());
  // They may have left before it was over.
  if (last < run.calmAt) return [];
  const acked = new Set(eventsOf(run, 'write-acked').map(({ write }) => write));
  const unanswered = [...sent].filter(
    ([write, at]) => at > last - SERVED_MS && at < last - ANSWER_WITHIN_MS && !acked.has(write),
  );
  const failedReads = eventsOf(run, 'read-failed').filter(
    ({ site, sentAt }) => !still.has(site) && sentAt > last - SERVED_MS,
  );
  const count = unanswered.length + failedReads.length;
  if (count === 0) return [];
  return [
    {
      at: run.endedAt,
      breach: `${unanswered.length} writes and ${failedReads.length} reads of the last seconds were not answered`,
    },
  ];
}
