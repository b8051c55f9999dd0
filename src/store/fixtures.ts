/** Records for the store's tests; each call overrides only what its test is about. */
import {
  DEFAULT_POLICY,
  type DrillResult,
  type IncidentEntry,
  type Notice,
  type Placement,
  type ServiceSpec,
  SITE_DEFAULTS,
  type SiteSpec,
  type Told,
} from '../model/index.ts';
import { parseIncidentId } from './keys.ts';
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
    ...SITE_DEFAULTS,
    ...more,
  };
}

export function aDrillResult(more: Partial<DrillResult> = {}): DrillResult {
  return {
    id: 'shop-8',
    fault: 'move',
    by: 'Ada',
    startedAt: 1_000,
    endedAt: 21_000,
    outcome: 'passed',
    problems: [],
    figures: { decidedMs: null, heldLongestMs: 240, failedRequests: 0, exposedMs: 900, tookMs: 20_000 },
    ...more,
  };
}

export function aService(more: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    name: 'Holdfast Hosting',
    since: 0,
    urls: { console: 'https://console.example.org', status: 'https://status.example.org' },
    contact: { sales: 'sales@example.org', support: 'support@example.org' },
    plans: [
      { name: 'elite-plus', title: 'Elite Plus', disasterRecovery: 'included' },
      { name: 'elite', title: 'Elite', disasterRecovery: 'add-on' },
      { name: 'elite-starter', title: 'Elite Starter', disasterRecovery: 'unavailable' },
    ],
    people: [],
    onCall: { shifts: [], escalateAfterMs: 300_000, atLeast: 'critical', rounds: 3 },
    channels: { email: null, webhook: null, slack: null, pagerduty: null, command: null },
    templates: null,
    level: {
      target: 0.9995,
      badMinuteShare: 0.1,
      leastRequests: 10,
      excludeMaintenance: true,
      credits: [],
    },
    maintenance: [],
    ...more,
  };
}

export function aNotice(id: string, more: Partial<Notice> = {}): Notice {
  return {
    id,
    kind: 'moved',
    severity: 'warning',
    person: 'anna',
    address: { channel: 'email', to: 'anna@example.org', atLeast: 'info' },
    incident: null,
    sites: ['shop'],
    createdAt: 1_000,
    dueAt: 1_000,
    attempts: 0,
    lastTrouble: null,
    state: 'waiting',
    sentAt: null,
    subject: 'shop was moved',
    text: 'It is well.',
    data: {},
    ...more,
  };
}

export function aTold(event: string, sequence: number, notice: string, more: Partial<Told> = {}): Told {
  return { event, to: 'anna-email', sequence, at: 1_000, upTo: sequence, notice, severity: 'warning', ...more };
}

/** The change that follows, and opens the incident. `after`: the newest about its subject that the author knows. */
export function anOpening(placement: Placement, incident: string, after: string | null, more: Partial<Placement> = {}) {
  const { site, epoch } = placement;
  const { subject } = parseIncidentId(incident)!;
  return {
    expected: epoch,
    next: next(placement, { ...more, incident }),
    incident: { id: incident, entries: [anEntry({ site })] },
    opens: { subject, after },
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
  | { kind: 'site' | 'zone' | 'edge' | 'service' | 'claim'; name: string }
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
    claim: ({ incident }) => heard.push({ kind: 'claim', name: incident }),
    service: ({ name }) => heard.push({ kind: 'service', name }),
    fresh: (now) => {
      if (now !== fresh) heard.push({ kind: 'fresh', fresh: now });
      fresh = now;
    },
  };
}
