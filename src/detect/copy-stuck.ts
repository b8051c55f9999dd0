/**
 * A live copy is stuck when its disk is full or does not return, by its own agent's small writes, and visitors feel it: a database
 * that cannot write answers every probe, and lets every writer wait. Full disks are told without an age, so that then the visitors'
 * waiting tells for how long.
 */
import type { Evidence, Finding, Placement } from '../model/index.ts';
import { trafficOf, unwellCopies } from './copies.ts';
import { saturated } from './copy-slow.ts';
import { badDisk } from './disk.ts';
import { highestScore } from './memory/copy.ts';
import { isCurrent } from './memory/run.ts';
import { OWN, PATH } from './memory/tests.ts';
import { type DetectInput, type FindingRule, troubledZones } from './rule.ts';

export const copyStuck: FindingRule = {
  code: 'copy-stuck',
  severity: 'critical',
  sentence: (finding) =>
    `The live copy of ${finding.site} in zone ${finding.zone} cannot write: its disk is full or stuck.`,
  detect: (input, before): Finding[] => {
    const unwell = unwellCopies(input);
    if (unwell.length === 0) return [];
    const explained = troubledZones(before);
    const down = new Set(before.flatMap(({ code, site }) => (code === 'copy-down' ? [site] : [])));
    return unwell.flatMap(({ zone, copy, placement }) => {
      const { site, live, initialised } = placement;
      if (live !== zone || !initialised || explained.has(zone) || down.has(site)) return [];
      const own = badDisk(copy, zone, input.patience.downMs);
      if (own === null) return [];
      const felt = [...waiting(placement, input), ...failing(placement, input)];
      if (felt.length === 0) return [];
      const forMs = Math.round(Math.max(own.stuckForMs, ...felt.map((each) => each.forMs)));
      const more = saturated(copy, zone);
      const evidence = [own.evidence, ...felt.map((each) => each.evidence), ...(more === null ? [] : [more])];
      return [{ code: 'copy-stuck', zone, site, observer: null, forMs, outright: false, loadRatio: null, evidence }];
    });
  },
};

interface Felt {
  forMs: number;
  evidence: Evidence;
}

/** Requests that an edge has been waiting on for too long: writers, while readers may be answered. */
function waiting({ site, live }: Placement, input: DetectInput): Felt[] {
  return trafficOf(input, site, live).flatMap(({ observer, traffic }) => {
    if (traffic.waiting === 0 || traffic.oldestWaitingMs < input.patience.downMs) return [];
    const saw = `${traffic.waiting} requests unanswered, the oldest for ${Math.round(traffic.oldestWaitingMs)} ms`;
    return [{ forMs: traffic.oldestWaitingMs, evidence: { observer, saw } }];
  });
}

/** Nats that make failures no chance beside what its own agent says. */
const NOTICEABLE = Math.log(1_000);

function failing({ site, live }: Placement, { memory, now }: DetectInput): Felt[] {
  const copy = memory.zones.get(live)?.copies.get(site);
  if (copy === undefined) return [];
  for (const track of [OWN, PATH] as const) {
    const run = copy.runs[track];
    if ((copy.running & (1 << track)) === 0 || run == null || !isCurrent(run, now)) continue;
    if (highestScore(copy, track) < NOTICEABLE) continue;
    const observer = run.edges.map(({ edge }) => `edge:${edge}`).join(', ');
    const saw = `${run.failed} of ${run.failed + run.good} requests failed`;
    return [{ forMs: now - run.startedAt, evidence: { observer, saw } }];
  }
  return [];
}
