/** What the detector has learnt to be usual, as plain data: a recording carries it, so that a replay begins where the detector was. */
import { LATENCY_BOUNDS_MS, type MonoMs, type SiteId } from '../../model/index.ts';
import { applyLearnt } from './learnt.ts';
import type { Memory } from './memory.ts';
import { BLOCK_MS, createSite } from './site.ts';
import { OWN, PATH } from './tests.ts';

/** Of one site, over the hours that count, the newest most: how many requests ended how. */
export interface Usual {
  site: SiteId;
  answers: number;
  /** Of these, 5xx. */
  serverErrors: number;
  /** Requests that ended at all, and of these those without an answer. */
  ended: number;
  unanswered: number;
  /** Answers by the classes of `LATENCY_BOUNDS_MS`. */
  latency: number[];
  /** Requests; null: not known yet. */
  perSecond: number | null;
}

/** What goes on seems to be wrong again within a second or two: few requests come, or a test ends by chance. */
const PUZZLING_MS = 2_000;

/** Something seems to be wrong with the site, and nothing is found of it, since what is usual for it is not known. */
export function isPuzzling(memory: Memory, site: SiteId, now: MonoMs): boolean {
  const known = memory.sites.get(site);
  return known !== undefined && known.usualPerSecond === null && now - known.suspiciousAt < PUZZLING_MS;
}

/** Of every site about which something is known. */
export function usualOf(memory: Memory): Usual[] {
  return [...memory.sites.values()]
    .filter(({ learnt }) => learnt.total[PATH]! > 0)
    .map(({ site, learnt, usualPerSecond }) => ({
      site,
      answers: learnt.total[OWN]!,
      serverErrors: learnt.failed[OWN]!,
      ended: learnt.total[PATH]!,
      unanswered: learnt.failed[PATH]!,
      latency: [...learnt.latency],
      perSecond: usualPerSecond,
    }));
}

/** Takes it for known. What the memory itself has learnt of the site is given up. */
export function takeForUsual(memory: Memory, usual: Usual, now: MonoMs): void {
  const site = memory.sites.get(usual.site) ?? createSite(usual.site, now, memory.liveZones.get(usual.site) ?? null);
  memory.sites.set(usual.site, site);
  const { learnt } = site;
  learnt.total[OWN] = usual.answers;
  learnt.failed[OWN] = usual.serverErrors;
  learnt.total[PATH] = usual.ended;
  learnt.failed[PATH] = usual.unanswered;
  for (let index = 0; index <= LATENCY_BOUNDS_MS.length; index++) learnt.latency[index] = usual.latency[index] ?? 0;
  site.usualPerSecond = usual.perSecond;
  // A site that is known is not one whose first blocks have to be short.
  site.blockMs = BLOCK_MS;
  site.blockEndsAt = site.blockStartedAt + BLOCK_MS;
  applyLearnt(site);
}
