/** What the agent finds when it writes beside the data of a copy whose disk is slow or full. */
import type { DiskReport, SiteId, ZoneId } from '../../../src/model/index.ts';
import type { World } from '../world.ts';

const TOTAL_BYTES = 100e9;

export function diskReport(world: World, site: SiteId, zone: ZoneId): DiskReport {
  const { fsyncMs, diskFull } = world.health(site, zone);
  const full = diskFull > 0;
  const tookMs = fsyncMs ?? 1;
  return {
    freeBytes: full ? 0 : TOTAL_BYTES / 2,
    totalBytes: TOTAL_BYTES,
    // One write a second is under way for so long; longer ones are always seen under way.
    stuckForMs: tookMs > 1_000 ? tookMs : 0,
    fsyncMs: tookMs,
    full,
  };
}
