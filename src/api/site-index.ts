/** Finding sites among ten thousand: names in order and the text that is searched, brought up to date site by site as records change. */
import { isProtected, type Placement, type SiteId, type SiteRecord } from '../model/index.ts';

export const SITE_STATES = ['protected', 'exposed', 'in-trouble', 'moving'] as const;
export type SiteState = (typeof SITE_STATES)[number];

export interface SiteQuery {
  /** Part of a name or host name, in any case. */
  search?: string | undefined;
  state?: SiteState | undefined;
  /** Names after this one. */
  after?: SiteId | undefined;
  limit: number;
  sees(site: SiteId): boolean;
}

export interface SiteIndex {
  find(query: SiteQuery): { names: SiteId[]; more: boolean; counts: Record<SiteState | 'all', number> };
  /** Takes in that these have changed. */
  changed(sites: readonly SiteId[]): void;
}

interface Known {
  sites: ReadonlyMap<SiteId, SiteRecord>;
  placements: ReadonlyMap<SiteId, Placement>;
}

export function createSiteIndex({ sites, placements }: Known): SiteIndex {
  const texts = new Map<SiteId, string>();
  /** Null: to be sorted anew. Names are added and removed seldom, and never one by one in a hurry. */
  let sorted: SiteId[] | null = null;
  const change = (site: SiteId) => {
    const hosts = placements.has(site) ? (sites.get(site)?.spec.hosts ?? []) : null;
    if (hosts === null) {
      if (texts.delete(site)) sorted = null;
      return;
    }
    if (!texts.has(site)) sorted = null;
    texts.set(site, [site, ...hosts].join('\n').toLowerCase());
  };
  for (const site of placements.keys()) change(site);
  return {
    changed: (names) => {
      for (const site of names) change(site);
      // Sites that are gone are told by a snapshot, which names those that are left.
      if (texts.size > placements.size) for (const site of [...texts.keys()]) change(site);
    },
    find: ({ search = '', state, after, limit, sees }) => {
      sorted ??= [...texts.keys()].toSorted();
      const wanted = search.trim().toLowerCase();
      const counts = { all: 0, protected: 0, exposed: 0, 'in-trouble': 0, moving: 0 };
      const names: SiteId[] = [];
      for (const site of sorted) {
        const placement = placements.get(site);
        if (placement === undefined || !sees(site) || !texts.get(site)!.includes(wanted)) continue;
        const states = statesOf(placement);
        counts.all += 1;
        for (const one of states) counts[one] += 1;
        const asked = state === undefined || states.includes(state);
        if (asked && (after === undefined || site > after) && names.length <= limit) names.push(site);
      }
      return { names: names.slice(0, limit), more: names.length > limit, counts };
    },
  };
}

/** A site may be exposed, in trouble and moving at the same time. */
function statesOf(placement: Placement): SiteState[] {
  return [
    isProtected(placement) ? 'protected' : 'exposed',
    ...(placement.incident === null ? [] : (['in-trouble'] as const)),
    ...(placement.order === null && placement.drill === null ? [] : (['moving'] as const)),
  ];
}
