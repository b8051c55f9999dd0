/**
 * A live copy is down when its own agent says so (database gone, or the application answers no readiness check) and somebody
 * else sees it too: an edge whose requests go unanswered, or the standby whose replication has lost its source. When the agent is gone
 * as well: host-gone.ts.
 */
import type { CopyReport, Evidence, Finding, Placement } from '../model/index.ts';
import { copyReport, failingChecks, trafficOf, unwellCopies } from './copies.ts';
import { hostsGone } from './host-gone.ts';
import { type DetectInput, darkZones, type FindingRule } from './rule.ts';

/** Readiness checks come four times a second, on full hosts once: two in a row without an answer is half a second, or two. */
const CHECKS = 2;

export const copyDown: FindingRule = {
  code: 'copy-down',
  severity: 'critical',
  sentence: (finding) => `The live copy of ${finding.site} in zone ${finding.zone} is down, while its zone is not.`,
  detect: (input, before) => {
    const dark = darkZones(before);
    const gone = hostsGone(input, dark);
    const unwell = unwellCopies(input);
    if (unwell.length === 0) return gone;
    const told = unwell
      .filter(({ zone, placement }) => placement.live === zone && placement.initialised && !dark.has(zone))
      .flatMap(({ copy, placement }) => judge(copy, placement, input));
    return [...told, ...gone];
  },
};

function judge(copy: CopyReport, placement: Placement, input: DetectInput): Finding[] {
  const { site, live } = placement;
  const gone = databaseGone(copy, live);
  const own = gone ?? failingChecksWithoutAnswer(copy, live, input.patience.downMs);
  if (own === null) return [];
  const unfed = replicationLost(placement, input);
  const others = [...unansweredAtEdges(placement, input, gone !== null), ...unfed];
  if (others.length === 0) return [];
  const forMs = copy.database.state === 'running' ? copy.application.stateForMs : copy.database.stateForMs;
  return [
    {
      code: 'copy-down',
      zone: live,
      site,
      observer: null,
      forMs,
      // A server that hangs keeps its connections; both ends saying that they are gone is the server's end.
      outright: gone !== null && unfed.length > 0,
      loadRatio: null,
      evidence: [own, ...others],
    },
  ];
}

function databaseGone(copy: CopyReport, zone: string): Evidence | null {
  const { state, stateForMs, trouble } = copy.database;
  if (state !== 'down' && state !== 'absent') return null;
  return {
    observer: `agent:${zone}`,
    saw: `database ${state} for ${Math.round(stateForMs)} ms (${trouble ?? 'no further word'})`,
  };
}

function failingChecksWithoutAnswer(copy: CopyReport, zone: string, limitMs: number): Evidence | null {
  const { state, stateForMs } = copy.application;
  if (state !== 'failing' || stateForMs < limitMs) return null;
  return failingChecks(copy, zone, { most: CHECKS, atLeast: CHECKS, unanswered: true });
}

function unansweredAtEdges(placement: Placement, input: DetectInput, gone: boolean): Evidence[] {
  const limitMs = input.patience.downMs;
  return trafficOf(input, placement.site, placement.live).flatMap(({ observer, traffic }) => {
    const quietMs = traffic.answeredAgoMs ?? Number.POSITIVE_INFINITY;
    const hanging = traffic.waiting > 0 && traffic.oldestWaitingMs >= limitMs && quietMs >= limitMs;
    const unanswered = traffic.connectErrors + traffic.timeouts;
    // An application that answers with errors is not down; one without its database is.
    const silent = unanswered > 0 && traffic.answered + traffic.serverErrors === 0 && quietMs >= limitMs;
    const refused = silent || (gone && unanswered + traffic.serverErrors > 0 && traffic.answered === 0);
    if (!hanging && !refused) return [];
    const saw = hanging
      ? `${traffic.waiting} requests unanswered, the oldest for ${Math.round(traffic.oldestWaitingMs)} ms`
      : `${traffic.attempts} requests, none answered well (${traffic.connectErrors} could not connect, ${traffic.serverErrors} server errors)`;
    return [{ observer, saw }];
  });
}

function replicationLost(placement: Placement, input: DetectInput): Evidence[] {
  if (placement.standby === null) return [];
  const standby = copyReport(input, placement.site, placement.standby);
  if (standby === null || standby.database.state !== 'running' || standby.database.follows !== placement.live)
    return [];
  if (standby.database.ioRunning) return [];
  return [{ observer: `agent:${placement.standby}`, saw: 'replication has lost its source' }];
}
