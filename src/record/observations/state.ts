/** Sites and placements between the store's records and lines of a file; only what decide reads of a site is written. */
import type { Move, Placement, SiteRecord, WallMs } from '../../model/index.ts';
import type { PlacementLine, SiteLine, UsualLine } from './lines.ts';

export function toSiteLine({ spec }: SiteRecord) {
  return { kind: 'site', site: spec.site, zones: spec.zones, failover: spec.failover } as const;
}

export function toSiteRecord({ site, zones, failover }: Pick<SiteLine, 'site' | 'zones' | 'failover'>): SiteRecord {
  return {
    slot: 0,
    spec: {
      site,
      zones,
      failover,
      hosts: [],
      plan: '',
      application: {
        install: [],
        processes: [],
        environment: {},
        ready: { path: '/', timeoutMs: 1_000 },
        setup: null,
        cron: null,
      },
      database: { name: site },
      files: [],
      notify: [],
    },
  };
}

export function toPlacementLine(placement: Placement) {
  return { kind: 'placement', ...placement } as const;
}

/** `startedAt`: the header's, for times that the line leaves out. */
export function toPlacement({ at, kind, ...line }: PlacementLine, startedAt: WallMs): Placement {
  return {
    ...line,
    inSync: line.inSync ?? line.standby !== null,
    moves: line.moves as Move[],
    committedAt: line.committedAt ?? startedAt,
    protectionSince: line.protectionSince ?? startedAt,
  };
}

/** What a line says is usual for a site, whole. */
export function toUsual({ at, kind, ...line }: UsualLine) {
  return { ...line, ended: line.ended ?? line.answers + line.unanswered };
}
