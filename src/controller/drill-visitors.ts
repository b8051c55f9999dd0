/**
 * What a site's visitors went through during its drill, summed over its epochs. Edges count anew under each epoch, so that what they last
 * said of one has to be remembered; a controller that begins in the middle goes on from what is on record.
 */
import type { VisitorsSeen } from '../decide/index.ts';
import type { Epoch, Placement, SiteId } from '../model/index.ts';
import type { SiteEdge } from './site-edges.ts';

/** Far more than may practise at a time. */
const MOST_KNOWN = 100;

interface Known {
  drill: string;
  from: Epoch;
  base: VisitorsSeen;
  failed: Map<string, number>;
  heldLongestMs: number;
}

export interface DrillVisitors {
  /** To be asked in every turn of a site that practises. */
  of(placement: Placement, edges: readonly SiteEdge[]): VisitorsSeen;
}

export function createDrillVisitors(): DrillVisitors {
  const sites = new Map<SiteId, Known>();
  return {
    of({ site, drill, epoch }, edges) {
      if (drill === null) return { failedRequests: 0, heldLongestMs: 0 };
      let known = sites.get(site);
      if (known?.drill !== drill.id) {
        if (sites.size >= MOST_KNOWN) sites.delete(sites.keys().next().value!);
        known = { drill: drill.id, from: epoch, base: drill.figures, failed: new Map(), heldLongestMs: 0 };
        sites.set(site, known);
      }
      for (const edge of edges) note(known, edge);
      const seen = [...known.failed.values()].reduce((sum, count) => sum + count, 0);
      return {
        failedRequests: known.base.failedRequests + seen,
        heldLongestMs: Math.max(known.base.heldLongestMs, known.heldLongestMs),
      };
    },
  };
}

/** What an edge still says of an epoch from before the drill, or from before this controller looked, is not counted (again). */
function note(known: Known, { edge, epoch, failed, heldLongestMs }: SiteEdge): void {
  if (epoch === null || epoch < known.from) return;
  known.failed.set(`${edge} ${epoch}`, failed);
  known.heldLongestMs = Math.max(known.heldLongestMs, heldLongestMs);
}
