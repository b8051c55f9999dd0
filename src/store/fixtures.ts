/** Records for the store's tests; each call overrides only what its test is about. */
import { DEFAULT_POLICY, type IncidentEntry, type Placement, type SiteSpec } from '../model/index.ts';
import type { Snapshot, WatchListener } from './store.ts';

export function aSpec(site: string, more: Partial<SiteSpec> = {}): SiteSpec {
  return {
    site,
    hosts: [`${site}.test`],
    plan: 'standard',
    zones: ['a', 'b', 'c'],
    application: {
      install: [],
      processes: [{ name: 'web', command: ['serve'], environment: {} }],
      environment: {},
      ready: { path: '/', timeoutMs: 1_000 },
      setup: null,
      cron: null,
    },
    database: { name: site },
    files: [],
    notify: [],
    failover: DEFAULT_POLICY,
    ...more,
  };
}

/** The placement that follows. */
export function next(placement: Placement, more: Partial<Placement> = {}): Placement {
  return { ...placement, epoch: placement.epoch + 1, ...more };
}

export function anEntry(more: Partial<IncidentEntry> = {}): IncidentEntry {
  return {
    at: 1_000,
    kind: 'decision',
    by: 'controller:a',
    site: null,
    code: 'failover',
    sentence: 'Moved.',
    evidence: [],
    ...more,
  };
}

export type Heard =
  | { kind: 'snapshot'; epochs: Record<string, number> }
  | { kind: 'placement'; site: string; epoch: number }
  | { kind: 'site' | 'zone' | 'edge'; name: string }
  | { kind: 'fresh'; fresh: boolean };

/** A listener that keeps everything it hears, and the newest snapshot whole. Repeated `fresh(true)` is kept once. */
export function recorder(): WatchListener & {
  heard: Heard[];
  newest(): Snapshot | null;
  epochsOf(site: string): number[];
} {
  const heard: Heard[] = [];
  let newest: Snapshot | null = null;
  let fresh: boolean | null = null;
  return {
    heard,
    newest: () => newest,
    /** Every epoch heard of a site, in order, from snapshots and changes alike. */
    epochsOf: (site) =>
      heard.flatMap((one) => {
        if (one.kind === 'placement' && one.site === site) return [one.epoch];
        return one.kind === 'snapshot' && one.epochs[site] !== undefined ? [one.epochs[site]] : [];
      }),
    snapshot: (all) => {
      newest = all;
      heard.push({
        kind: 'snapshot',
        epochs: Object.fromEntries(all.placements.map(({ site, epoch }) => [site, epoch])),
      });
    },
    placement: ({ site, epoch }) => heard.push({ kind: 'placement', site, epoch }),
    site: ({ spec }) => heard.push({ kind: 'site', name: spec.site }),
    zone: ({ zone }) => heard.push({ kind: 'zone', name: zone }),
    edge: ({ edge }) => heard.push({ kind: 'edge', name: edge }),
    fresh: (now) => {
      if (now !== fresh) heard.push({ kind: 'fresh', fresh: now });
      fresh = now;
    },
  };
}
