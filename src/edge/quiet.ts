/** Decides which zones have gone quiet, by this edge's own probes. Local and cheap; the verdict about a zone is the controllers'. */
import type { MonoMs, ZoneId, ZoneProbe } from '../model/index.ts';

export interface QuietJudge {
  /** Zones that answer none of our probes now. To be called every 20 ms or so. */
  judge(probes: ZoneProbe[], now: MonoMs): Set<ZoneId>;
}

/**
 * A call that comes later than this says that we were paused, not that the zones were silent: no more is held against them.
 * On a starved machine a quiet zone is then noticed later, but it is.
 */
const MOST_GAP_MS = 50;
/** Too close to the call before to tell whether an answer came between them. */
const LEAST_GAP_MS = 5;

interface Seen {
  answeredAgoMs: number | null;
  silentMs: number;
}

export function createQuietJudge(quietMs: number, start: MonoMs): QuietJudge {
  let calledAt = start;
  let quiet = new Set<ZoneId>();
  const seen = new Map<ZoneId, Seen>();

  return {
    judge(probes, now) {
      const gapMs = now - calledAt;
      if (gapMs < LEAST_GAP_MS) return quiet;
      calledAt = now;
      for (const zone of seen.keys()) if (!probes.some((probe) => probe.zone === zone)) seen.delete(zone);
      const silent: ZoneId[] = [];
      for (const probe of probes) {
        const now = next(seen.get(probe.zone), probe, gapMs);
        seen.set(probe.zone, now);
        if (now.silentMs > quietMs) silent.push(probe.zone);
      }
      // Everybody silent at once: it is us who cannot hear.
      const deaf = seen.size > 1 && silent.length === seen.size;
      quiet = new Set(deaf ? [] : silent);
      return quiet;
    },
  };
}

function next(before: Seen | undefined, { answeredAgoMs }: ZoneProbe, gapMs: number): Seen {
  const silentMs = (before?.silentMs ?? 0) + Math.min(gapMs, MOST_GAP_MS);
  if (answeredAgoMs === null) return { answeredAgoMs, silentMs };
  // An age that did not grow along with time: there was an answer in between.
  const last = before?.answeredAgoMs ?? null;
  const answered = last === null || answeredAgoMs < last + Math.min(gapMs, 4 * MOST_GAP_MS) / 2;
  return { answeredAgoMs, silentMs: answered ? Math.min(answeredAgoMs, MOST_GAP_MS) : silentMs };
}
