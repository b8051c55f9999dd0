/**
 * For how long nothing has been found about a site. A trouble may blink, for a turn or for seconds; an incident that was closed
 * and opened again each time would be many, and every one a notice.
 */
import type { Finding, MonoMs, Placement, SiteId } from '../model/index.ts';

export interface Quiet {
  /** Notes what is found in this turn. */
  follow(placements: ReadonlyMap<SiteId, Placement>, findings: readonly Finding[], now: MonoMs): void;
  /** Since something was last found about the site, or since this controller began to look. */
  forMs(site: SiteId, now: MonoMs): number;
}

/** Nobody asks for longer: so much later a site is forgotten. */
const REMEMBER_MS = 60_000;

export function createQuiet(): Quiet {
  const troubledAt = new Map<SiteId, MonoMs>();
  let startedAt: MonoMs | null = null;

  const forget = (now: MonoMs) => {
    for (const [site, at] of troubledAt) if (now - at > REMEMBER_MS) troubledAt.delete(site);
  };
  return {
    follow(placements, findings, now) {
      startedAt ??= now;
      if (troubledAt.size > 0) forget(now);
      const zones = new Set<string>();
      for (const { site, zone, code } of findings) {
        if (site !== null) troubledAt.set(site, now);
        else if (zone !== null && code !== 'observer-sick') zones.add(zone);
      }
      if (zones.size === 0) return;
      for (const { site, live } of placements.values()) if (zones.has(live)) troubledAt.set(site, now);
    },
    forMs: (site, now) => now - (troubledAt.get(site) ?? startedAt ?? now),
  };
}
