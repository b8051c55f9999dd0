/**
 * A zone is dark when every healthy observer outside it agrees that it is silent, at least two of them from different places,
 * for longer than chance explains on their links, and its own heartbeats have stopped. One observer who still gets answers is
 * enough to doubt it, and so are visitors who are answered there, or a replica that is fed from there, after its programs fell
 * silent.
 */
import type { Evidence, Finding, ZoneId } from '../model/index.ts';
import { improbability } from './memory/links.ts';
import { type DetectInput, type FindingRule, FRESH_MS } from './rule.ts';
import { isSick, type Testimony, testimonies } from './witness.ts';

const WITNESSES_NEEDED = 2;
/** Probes come every 100 ms: so much later than the last answered probe a zone that died at once has done nothing any more. */
const AFTERGLOW_MS = 150;

export const zoneDark: FindingRule = {
  code: 'zone-dark',
  severity: 'critical',
  sentence: (finding) =>
    `Zone ${finding.zone} is dark: ${finding.evidence.length - 1} observers outside it and its own heartbeats agree.`,
  detect: (input) => {
    if (testimonies(input).length === 0) return [];
    const healthy = testimonies(input).flatMap(({ testimony }) => (isSick(testimony) ? [] : testimony));
    const zones = new Set(healthy.map(({ zone }) => zone));
    return [...zones].flatMap((zone) =>
      judge(
        zone,
        healthy.filter((each) => each.zone === zone),
        input,
      ),
    );
  },
};

function judge(zone: ZoneId, testimony: Testimony[], input: DetectInput): Finding[] {
  if (testimony.some(({ says }) => says === 'answering')) return [];
  const places = new Set(testimony.map(({ place }) => place));
  if (places.size < WITNESSES_NEEDED) return [];
  const heartbeat = heartbeatSilence(zone, input);
  if (heartbeat.ms < input.patience.refusedMs) return [];
  if (livesOn(zone, testimony, input)) return [];
  const outright = testimony.every(({ refused }) => refused);
  const chance = chanceOf(testimony, input);
  if (!outright && chance < input.memory.levels.silence) return [];
  const evidence = testimony.map(({ observer, saw }) => ({ observer, saw }));
  return [
    {
      code: 'zone-dark',
      zone,
      site: null,
      observer: null,
      forMs: Math.min(heartbeat.ms, ...testimony.map(({ silentMs }) => silentMs)),
      outright,
      loadRatio: null,
      evidence: [...evidence, heartbeat.evidence],
    },
  ];
}

/**
 * Minus log10 of the probability that all these silences are chance: independent places multiply, several observers in one place
 * count as one. A refused connection is no silence, so that nothing has to be improbable about it.
 */
function chanceOf(testimony: Testimony[], { memory }: DetectInput): number {
  const byPlace = new Map<string, number>();
  for (const { place, observer, zone, silentMs } of testimony) {
    const own = improbability(memory.links.get(observer)?.get(zone), silentMs);
    byPlace.set(place, Math.min(own, byPlace.get(place) ?? own));
  }
  return [...byPlace.values()].reduce((sum, each) => sum + each, 0);
}

/** How long the zone's own agent has not been heard by this controller. */
function heartbeatSilence(zone: ZoneId, { window, now }: DetectInput): { ms: number; evidence: Evidence } {
  const last = window.agents.get(zone)?.receivedAt ?? window.startedAt;
  const ms = Math.round(now - last);
  return { ms, evidence: { observer: `agent:${zone}`, saw: `last heartbeat ${ms} ms ago` } };
}

/**
 * Visitors or replicas were served after the programs fell silent, and not so long ago that this would be silence by itself: what
 * is frozen or dies does so one process after the other.
 */
function livesOn(zone: ZoneId, testimony: Testimony[], input: DetectInput): boolean {
  const silentMs = Math.min(...testimony.map((each) => each.silentMs));
  const limitMs = Math.max(...testimony.map((each) => each.limitMs));
  return signOfLifeAgoMs(zone, input) < Math.min(silentMs - AFTERGLOW_MS, limitMs);
}

/** Since a visitor was last answered from that zone, or a replica elsewhere last heard its source there; infinite without either. */
function signOfLifeAgoMs(zone: ZoneId, { window, now }: DetectInput): number {
  const ages: number[] = [];
  for (const { report, receivedAt } of window.edges.values()) {
    if (now - receivedAt > FRESH_MS) continue;
    for (const { zone: of, answeredAgoMs } of report.traffic) {
      if (of === zone && answeredAgoMs !== null) ages.push(answeredAgoMs + now - receivedAt);
    }
  }
  for (const { report, receivedAt } of window.agents.values()) {
    if (now - receivedAt > FRESH_MS || report.zone === zone) continue;
    for (const { database } of report.copies) {
      if (database.follows === zone && database.heardAgoMs !== null) ages.push(database.heardAgoMs + now - receivedAt);
    }
  }
  return Math.min(...ages);
}
