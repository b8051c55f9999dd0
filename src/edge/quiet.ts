/** Decides which zones have gone quiet, by this edge's own probes. Local and cheap; the verdict about a zone is the controllers'. */
import type { MonoMs, ZoneId, ZoneProbe } from '../model/index.ts';

export interface QuietJudge {
  /** Zones that answer none of our probes now. Call it often: a late call means that we were paused, not that they are silent. */
  judge(probes: ZoneProbe[], now: MonoMs): Set<ZoneId>;
}

/** A call this much later than the one before says that this process stood still. */
const PAUSE_MS = 100;

export function createQuietJudge(quietMs: number, start: MonoMs): QuietJudge {
  let calledAt = start;
  /** After a pause of ours, answers get this long to be read before silence counts. */
  let trustFrom = start + quietMs;
  let before = new Set<ZoneId>();

  return {
    judge(probes, now) {
      if (now - calledAt > PAUSE_MS) trustFrom = now + quietMs;
      calledAt = now;
      const silent = probes.filter(({ answeredAgoMs }) => answeredAgoMs === null || answeredAgoMs > quietMs);
      // Everybody silent at once: it is us who cannot hear.
      const deaf = probes.length > 1 && silent.length === probes.length;
      const next = new Set<ZoneId>();
      for (const { zone } of deaf ? [] : silent) if (before.has(zone) || now >= trustFrom) next.add(zone);
      before = next;
      return next;
    },
  };
}
