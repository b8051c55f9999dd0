/** A planned move that no fault comes near fails no request, and keeps writes waiting for a second at the most. */
import type { SiteId } from '../../src/model/index.ts';
import type { Checker, SimMs, SimRun } from '../trace.ts';
import {
  type Breach,
  commitsOf,
  during,
  type EventOf,
  eventsOf,
  faultsOf,
  movesOf,
  seconds,
  sitesOf,
} from './history.ts';
import { serious } from './reach.ts';

const MOST_PAUSE_MS = 1_000;
/** A fault that was over so long before is not near. */
const NEAR_MS = 15_000;
/** What the move does to visitors shows within this. */
const SHOWS_MS = 2_000;

export const plannedMovesDisturbNobody: Checker = {
  name: 'planned moves',
  says: `a planned move without a fault near it fails no request and pauses writes for at most ${MOST_PAUSE_MS} ms`,
  check: (run) => sitesOf(run).flatMap((site) => calmMoves(run, site).flatMap((move) => disturbed(run, site, move))),
};

interface CalmMove {
  /** The visitors were held from then on. */
  heldAt: SimMs;
  to: string;
  /** The newly live copy's writes went through from. */
  openAt: SimMs;
}

function calmMoves(run: SimRun, site: SiteId): CalmMove[] {
  const commits = commitsOf(run, site);
  const faults = serious(faultsOf(run));
  return movesOf(run).flatMap(({ at, placement }) => {
    if (placement.site !== site || placement.decision !== 'switchover') return [];
    const held = commits.findLast(
      ({ placement: { epoch, decision } }) => epoch === placement.epoch - 1 && decision === 'hand-over',
    );
    const heldAt = held?.at ?? at;
    const opened = commits.find((commit) => commit.at > at && commit.placement.decision === 'record-open');
    if (opened === undefined) return [];
    const isCalm = during(faults, heldAt - NEAR_MS, opened.at + SHOWS_MS).length === 0;
    return isCalm ? [{ heldAt, to: placement.live, openAt: opened.at }] : [];
  });
}

function disturbed(run: SimRun, site: SiteId, { heldAt, to, openAt }: CalmMove): Breach[] {
  const until = openAt + SHOWS_MS;
  const isOfIt = (event: { site: SiteId; at: SimMs; sentAt: SimMs }) =>
    event.site === site && event.at >= heldAt && event.sentAt <= until && event.at <= until;
  const failed = [...eventsOf(run, 'write-failed'), ...eventsOf(run, 'read-failed')].filter(isOfIt);
  const pauseMs = longestWait(run, site, heldAt, openAt);
  const what = `the planned move of ${site} to zone ${to} at ${seconds(heldAt)}`;
  return [
    ...(failed.length === 0
      ? []
      : [{ at: failed[0]!.at, breach: `${what} failed ${failed.length} requests: ${failed[0]!.outcome}` }]),
    ...(pauseMs <= MOST_PAUSE_MS
      ? []
      : [{ at: openAt, breach: `${what} paused a write for ${Math.round(pauseMs)} ms` }]),
  ];
}

/** Of the writes that came while the move was made: the longest until the visitor was told. */
function longestWait(run: SimRun, site: SiteId, from: SimMs, to: SimMs): SimMs {
  const sent = new Map<number, SimMs>();
  for (const { write, at, site: of } of eventsOf(run, 'write-sent') as EventOf<'write-sent'>[])
    if (of === site && at >= from - SHOWS_MS && at <= to) sent.set(write, at);
  let longest = 0;
  for (const { write, at } of eventsOf(run, 'write-acked')) {
    const sentAt = sent.get(write);
    if (sentAt !== undefined && at >= from) longest = Math.max(longest, at - sentAt);
  }
  return longest;
}
