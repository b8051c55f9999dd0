/**
 * The host of a live copy is gone while its zone is not: its agent, which would say that the copy is down, says nothing at all. Three
 * different witnesses have to agree then: the agent's own silence, visitors whom nobody there answers, and the standby, which hears
 * nothing from its source although the zone answers its host. Without a way between the two zones all three say so of a copy that is
 * well: a controller beside the standby hears nothing of that agent either, and visitors' commits wait for the standby.
 */
import type { Evidence, Finding, Placement, ZoneId } from '../model/index.ts';
import { copyReport, trafficOf } from './copies.ts';
import type { DetectInput } from './rule.ts';

export function hostsGone(input: DetectInput, dark: ReadonlySet<ZoneId>): Finding[] {
  const silent = silentAgents(input, dark);
  if (silent.size === 0) return [];
  return input.placements.flatMap((placement) => {
    const silentMs = silent.get(placement.live);
    return silentMs === undefined || !placement.initialised ? [] : judge(placement, silentMs, input);
  });
}

/** Agents that had reported to this controller, and have not for as long as a copy has to be down. */
function silentAgents({ window, now, patience }: DetectInput, dark: ReadonlySet<ZoneId>): Map<ZoneId, number> {
  const silent = new Map<ZoneId, number>();
  for (const [zone, { receivedAt }] of window.agents)
    if (now - receivedAt >= patience.downMs && !dark.has(zone)) silent.set(zone, Math.round(now - receivedAt));
  return silent;
}

function judge(placement: Placement, silentMs: number, input: DetectInput): Finding[] {
  const { site, live } = placement;
  const unanswered = unansweredAtEdges(placement, input);
  const unfed = unanswered === null ? null : hearsNothing(placement, input);
  if (unanswered === null || unfed === null) return [];
  const own = { observer: `agent:${live}`, saw: `no report for ${silentMs} ms` };
  const evidence = [own, ...unanswered.evidence, unfed];
  const forMs = Math.min(silentMs, unanswered.forMs);
  return [{ code: 'copy-down', zone: live, site, observer: null, forMs, outright: false, loadRatio: null, evidence }];
}

/** Null unless some edge's requests go unanswered there, and no edge has had an answer for as long as a copy has to be down. */
function unansweredAtEdges(
  { site, live }: Placement,
  input: DetectInput,
): { forMs: number; evidence: Evidence[] } | null {
  let forMs = Number.POSITIVE_INFINITY;
  const evidence: Evidence[] = [];
  for (const { observer, traffic } of trafficOf(input, site, live)) {
    const { answered, serverErrors, connectErrors, timeouts, waiting, oldestWaitingMs } = traffic;
    const quietMs = traffic.answeredAgoMs ?? Number.POSITIVE_INFINITY;
    if (answered + serverErrors > 0 || quietMs < input.patience.downMs) return null;
    forMs = Math.min(forMs, quietMs);
    const unanswered = connectErrors + timeouts;
    if (unanswered === 0 && oldestWaitingMs < input.patience.downMs) continue;
    evidence.push({ observer, saw: `${unanswered} requests without an answer, ${waiting} waiting for one` });
  }
  return evidence.length === 0 ? null : { forMs, evidence };
}

function hearsNothing({ site, live, standby }: Placement, input: DetectInput): Evidence | null {
  const there = standby === null ? null : copyReport(input, site, standby);
  if (there === null || there.database.state !== 'running' || there.database.follows !== live) return null;
  if (!isReached(live, standby!, input)) return null;
  const { ioRunning, heardAgoMs } = there.database;
  const observer = `agent:${standby}`;
  if (!ioRunning) return { observer, saw: 'replication has lost its source' };
  if (heardAgoMs === null || heardAgoMs < input.patience.downMs) return null;
  return { observer, saw: `nothing heard from its source for ${Math.round(heardAgoMs)} ms` };
}

/** Has the zone answered the other one's agent lately? */
function isReached(zone: ZoneId, from: ZoneId, { window, patience }: DetectInput): boolean {
  const probe = window.agents.get(from)?.report.probes.find((one) => one.zone === zone);
  return probe?.answeredAgoMs != null && probe.answeredAgoMs < patience.silenceMs;
}
