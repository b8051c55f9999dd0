/** What the edges say of one site, for a move that waits until nothing is under way there any more. */
import { EDGE_FORGOTTEN_MS, type EdgeView } from '../decide/index.ts';
import type { EdgeId, MonoMs, SiteId, Window } from '../model/index.ts';

export interface SiteEdge extends EdgeView {
  edge: EdgeId;
  /** Of visitors, since it routes by this epoch. */
  failed: number;
  heldLongestMs: number;
}

/** One entry for each edge that was heard in the last `EDGE_FORGOTTEN_MS`. Looks through their routes: only for sites with an order. */
export function edgesOf(site: SiteId, window: Window, now: MonoMs): SiteEdge[] {
  const views: SiteEdge[] = [];
  for (const { report, receivedAt } of window.edges.values()) {
    const heardAgoMs = now - receivedAt;
    if (heardAgoMs > EDGE_FORGOTTEN_MS) continue;
    const route = report.routes.find((each) => each.site === site);
    const { epoch = null, inFlight = 0, failed = 0, heldLongestMs = 0 } = route ?? {};
    views.push({ edge: report.edge, heardAgoMs, epoch, inFlight, failed, heldLongestMs });
  }
  return views;
}
