/** Sites and placements between the store's records and lines of a file; only what decide reads of a site is written. */
import { type Move, type Placement, SITE_DEFAULTS, type SiteRecord, type WallMs } from '../../model/index.ts';
import type { PlacementLine, SiteLine, UsualLine } from './lines.ts';

/** `unprotected`: why its plan gives it no standby; null: it gets one. */
export function toSiteLine({ spec }: SiteRecord, unprotected: string | null) {
  const { site, zones, failover, copies, freeze, handOver, drills } = spec;
  return { kind: 'site', site, zones, failover, copies, freeze, handOver, drills, unprotected } as const;
}

export function toSiteRecord(line: Omit<SiteLine, 'at' | 'kind'>): SiteRecord {
  const { site, zones, failover, copies, freeze, handOver, drills, unprotected } = line;
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
      ...SITE_DEFAULTS,
      // What was sold is not in the file, only what came of it.
      disasterRecovery: unprotected === null ? null : false,
      copies,
      freeze,
      handOver,
      drills,
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
