/** Zones and sites as this controller sees them, for the API. Pure. */
import type { SiteVerdict } from '../decide/index.ts';
import {
  type BuildReport,
  type CopyReport,
  type CopyStatus,
  type Finding,
  isProtected,
  type MonoMs,
  type ObserverSight,
  type Placement,
  phaseOf,
  type Refusal,
  roleOf,
  type ServiceSpec,
  type SiteId,
  type SiteRecord,
  type SiteStatus,
  type WallMs,
  type Window,
  whyUnprotected,
  type ZoneId,
  type ZoneRecord,
  type ZoneStatus,
} from '../model/index.ts';
import { type JournalNaming, journalOf } from '../record/journal.ts';
import type { ZoneCondition, ZonePart } from '../status/model.ts';
import { orderStatus } from './order-status.ts';

export interface StatusInput {
  wall: WallMs;
  now: MonoMs;
  zones: ReadonlyMap<ZoneId, ZoneRecord>;
  sites: ReadonlyMap<string, SiteRecord>;
  placements: ReadonlyMap<string, Placement>;
  service: Pick<ServiceSpec, 'plans'> | null;
  window: Window;
  findings: Finding[];
  verdicts: SiteVerdict[];
  naming: JournalNaming;
  /** Since when each zone has been in its state, by wall clock. */
  zoneSince: ReadonlyMap<ZoneId, WallMs>;
}

/** A zone not heard for longer than this is not called healthy, even before a verdict. */
const HEARD_MS = 2_000;

/** In the order of their names. */
export function zonesOf(input: StatusInput): ZoneStatus[] {
  return [...input.zones.values()]
    .map((zone) => toZoneStatus(zone, input))
    .sort((a, b) => a.zone.localeCompare(b.zone));
}

/** In the order asked; names that are not known are left out. */
export function sitesOf(names: readonly SiteId[], input: StatusInput): SiteStatus[] {
  const known = lookUp(names, input);
  return names.flatMap((name) => {
    const placement = input.placements.get(name);
    return placement === undefined ? [] : [toSiteStatus(placement, input, known)];
  });
}

/** Ten thousand sites are looked up one by one, or a few among as many. */
interface Known {
  /** Of sites that are not in it nothing is refused. */
  verdicts: Map<SiteId, SiteVerdict>;
  /** Of agents heard lately. */
  copies: Map<ZoneId, Map<SiteId, CopyReport>>;
}

function lookUp(names: readonly SiteId[], { verdicts, window, now }: StatusInput): Known {
  const wanted = new Set(names);
  const heard = [...window.agents].filter(([, { receivedAt }]) => now - receivedAt <= HEARD_MS);
  const copiesOf = (copies: CopyReport[]) => copies.filter(({ site }) => wanted.has(site));
  return {
    verdicts: new Map(
      verdicts
        .filter(({ placement }) => wanted.has(placement.site))
        .map((verdict) => [verdict.placement.site, verdict]),
    ),
    copies: new Map(
      heard.map(([zone, { report }]) => [zone, new Map(copiesOf(report.copies).map((copy) => [copy.site, copy]))]),
    ),
  };
}

export function zoneState(zone: ZoneId, window: Window, findings: Finding[], now: MonoMs): ZoneStatus['state'] {
  const about = findings.find(
    (finding) => finding.zone === zone && (finding.code === 'zone-dark' || finding.code === 'zone-erring'),
  );
  if (about !== undefined) return about.code === 'zone-dark' ? 'dark' : 'erring';
  const heard = window.agents.get(zone);
  return heard !== undefined && now - heard.receivedAt <= HEARD_MS ? 'healthy' : 'unknown';
}

function toZoneStatus({ zone, controller, agent, evacuated }: ZoneRecord, input: StatusInput): ZoneStatus {
  const heard = input.window.agents.get(zone);
  return {
    zone,
    state: zoneState(zone, input.window, input.findings, input.now),
    since: input.zoneSince.get(zone) ?? input.wall,
    heardAgoMs: heard === undefined ? null : Math.round(input.now - heard.receivedAt),
    controllerHere: controller !== null,
    agent,
    evacuated,
    observers: observersOf(zone, input),
  };
}

const CONDITIONS: Record<ZoneStatus['state'], ZoneCondition> = {
  healthy: 'up',
  dark: 'dark',
  erring: 'erring',
  unknown: 'silent',
};

/** For the public status page. */
export function toZonePart({ zone, state, evacuated }: ZoneStatus): ZonePart {
  return { zone, condition: evacuated === null ? CONDITIONS[state] : 'resting' };
}

/** Agents first, then edges, each in the order of their names. */
function observersOf(zone: ZoneId, { window, now }: StatusInput): ObserverSight[] {
  const agents = [...window.agents]
    .filter(([from]) => from !== zone)
    .map(([from, heard]) => [`agent:${from}`, heard] as const);
  const edges = [...window.edges].map(([edge, heard]) => [`edge:${edge}`, heard] as const);
  return [...agents.sort(byName), ...edges.sort(byName)].flatMap(([observer, { report, receivedAt }]) => {
    const probe = report.probes.find((each) => each.zone === zone);
    if (probe === undefined || now - receivedAt > HEARD_MS) return [];
    const { answeredAgoMs, failure, rttMs } = probe;
    const ago = answeredAgoMs === null ? null : Math.round(answeredAgoMs + now - receivedAt);
    return [{ observer, answeredAgoMs: ago, failure, rttMs: rttMs === null ? null : Math.round(rttMs * 10) / 10 }];
  });
}

const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]) => one.localeCompare(other);

function toSiteStatus(placement: Placement, input: StatusInput, known: Known): SiteStatus {
  const record = input.sites.get(placement.site);
  const zones = record?.spec.zones ?? [placement.live];
  return {
    site: placement.site,
    hosts: record?.spec.hosts ?? [],
    plan: record?.spec.plan ?? '',
    epoch: placement.epoch,
    phase: phaseOf(placement),
    protected: isProtected(placement),
    since: placement.protectionSince,
    live: placement.live,
    standby: placement.standby,
    spares: placement.spares,
    copies: zones.map((zone) => toCopyStatus(zone, placement, known)),
    incident: placement.incident,
    refusal: known.verdicts.get(placement.site)?.refusals[0]?.refusal ?? meantAlone(placement, input),
    order: orderStatus(placement, input, known),
    record: journalOf(placement, input.naming),
  };
}

/** Said of a site at peace too: it is exposed because it is meant to be. */
function meantAlone(placement: Placement, { sites, service }: StatusInput): Refusal | null {
  const { site, live, exposedBy } = placement;
  const record = sites.get(site);
  const why = record === undefined ? null : whyUnprotected(record.spec, service?.plans ?? null);
  if (exposedBy == null || why === null) return null;
  return { site, code: exposedBy, sentence: `${site} runs in zone ${live} alone: ${why}.`, evidence: [] };
}

function toCopyStatus(zone: ZoneId, placement: Placement, { copies }: Known): CopyStatus {
  const fresh = copies.has(zone);
  const copy = copies.get(zone)?.get(placement.site);
  const build = copy?.database.build ?? null;
  return {
    zone,
    role: roleOf(placement, zone),
    database: copy?.database.state ?? (fresh ? 'absent' : 'unknown'),
    application: copy?.application.state ?? (fresh ? 'stopped' : 'unknown'),
    lagMs: copy === undefined ? null : lagOf(copy),
    buildProgress: build?.totalBytes ? Math.min(1, build.receivedBytes / build.totalBytes) : null,
    build: build === null ? null : { ...build, leftMs: leftMs(build) },
    trouble: copy?.database.trouble ?? null,
    cache: copy?.cache ?? null,
    search: copy?.search ?? null,
    salvage: copy?.salvage ?? [],
  };
}

function leftMs({ totalBytes, receivedBytes, bytesPerSecond }: BuildReport): number | null {
  if (totalBytes === null || !bytesPerSecond) return null;
  return Math.round((1_000 * Math.max(0, totalBytes - receivedBytes)) / bytesPerSecond);
}

/** Nothing received that is not applied: as old as the last word from the source. Otherwise the age is not known more exactly. */
function lagOf({ database }: CopyReport): number | null {
  if (database.lag !== null) return Math.round(database.lag.ms);
  if (database.follows === null || database.heardAgoMs === null) return null;
  return database.appliedPosition === database.receivedPosition && database.ioRunning
    ? 0
    : Math.round(database.heardAgoMs);
}
