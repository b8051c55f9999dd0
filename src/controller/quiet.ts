/**
 * For how long nothing has been found about a site. A trouble may blink, for a turn or for seconds; an incident that was closed
 * and opened again each time would be many, and every one a notice.
 */
import type { Epoch, Finding, MonoMs, Placement, SiteId } from '../model/index.ts';

export interface Quiet {
  /** Notes what is found in this turn. */
  follow(placements: ReadonlyMap<SiteId, Placement>, findings: readonly Finding[], now: MonoMs): void;
  /**
   * Notes what the record tells: an incident that was opened is somebody's finding, also when this controller has none. Otherwise
   * one would close what the other opens, turn after turn.
   */
  heed(placement: Placement, now: MonoMs): void;
  /** Notes that its visitors fare badly now, though it may not be enough for a finding, or that this controller could not tell. */
  unclear(site: SiteId, now: MonoMs): void;
  /** Since that was last so; a minute and more is told as without end. */
  clearForMs(site: SiteId, now: MonoMs): number;
  /** Since something was last found about the site, or since this controller began to look. */
  forMs(site: SiteId, now: MonoMs): number;
}

/** Nobody asks for longer: so much later a site is forgotten. */
const REMEMBER_MS = 60_000;
const MOST_HEEDED = 100_000;

export function createQuiet(): Quiet {
  const troubledAt = new Map<SiteId, MonoMs>();
  const unclearAt = new Map<SiteId, MonoMs>();
  const heeded = new Map<SiteId, Epoch>();
  let startedAt: MonoMs | null = null;

  const forget = (now: MonoMs) => {
    for (const times of [troubledAt, unclearAt])
      for (const [site, at] of times) if (now - at > REMEMBER_MS) times.delete(site);
    // Far fewer incidents are open at a time; heeded again, an old one only stays open a little longer.
    if (heeded.size > MOST_HEEDED) heeded.clear();
  };
  return {
    follow(placements, findings, now) {
      startedAt ??= now;
      if (troubledAt.size + unclearAt.size > 0) forget(now);
      if (findings.length === 0) return;
      const zones = new Set<string>();
      for (const { site, zone, code } of findings) {
        if (site !== null) troubledAt.set(site, now);
        else if (zone !== null && code !== 'observer-sick') zones.add(zone);
      }
      if (zones.size === 0) return;
      for (const { site, live } of placements.values()) if (zones.has(live)) troubledAt.set(site, now);
    },
    heed({ site, epoch, decision }, now) {
      if (decision !== 'open-incident' || heeded.get(site) === epoch) return;
      heeded.set(site, epoch);
      troubledAt.set(site, now);
    },
    unclear: (site, now) => unclearAt.set(site, now),
    clearForMs: (site, now) => now - (unclearAt.get(site) ?? Number.NEGATIVE_INFINITY),
    forMs: (site, now) => now - (troubledAt.get(site) ?? startedAt ?? now),
  };
}
