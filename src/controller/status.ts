/** The whole picture as this controller sees it, for `GET /status`. Pure. */
import type { SiteVerdict } from '../decide/index.ts';
import {
  type CopyReport,
  type CopyStatus,
  type Finding,
  isProtected,
  type MonoMs,
  type Placement,
  phaseOf,
  roleOf,
  type SiteId,
  type SiteRecord,
  type SiteStatus,
  type StatusView,
  type WallMs,
  type Window,
  type ZoneId,
  type ZoneRecord,
  type ZoneStatus,
} from '../model/index.ts';

export interface StatusInput {
  controller: ZoneId;
  wall: WallMs;
  now: MonoMs;
  storeFresh: boolean;
  zones: ReadonlyMap<ZoneId, ZoneRecord>;
  sites: ReadonlyMap<string, SiteRecord>;
  placements: ReadonlyMap<string, Placement>;
  window: Window;
  findings: Finding[];
  verdicts: SiteVerdict[];
  /** Since when each zone has been in its state, by wall clock. */
  zoneSince: ReadonlyMap<ZoneId, WallMs>;
}

/** A zone not heard for longer than this is not called healthy, even before a verdict. */
const HEARD_MS = 2_000;

export function toStatus(input: StatusInput): StatusView {
  const known = lookUp(input);
  return {
    controller: input.controller,
    at: input.wall,
    storeFresh: input.storeFresh,
    zones: [...input.zones.values()]
      .map((zone) => toZoneStatus(zone, input))
      .sort((a, b) => a.zone.localeCompare(b.zone)),
    sites: [...input.placements.values()]
      .map((placement) => toSiteStatus(placement, input, known))
      .sort((a, b) => a.site.localeCompare(b.site)),
  };
}

/** Ten thousand sites are looked up one by one. */
interface Known {
  /** Of sites that are not in it nothing is refused. */
  verdicts: Map<SiteId, SiteVerdict>;
  /** Of agents heard lately. */
  copies: Map<ZoneId, Map<SiteId, CopyReport>>;
}

function lookUp({ verdicts, window, now }: StatusInput): Known {
  const heard = [...window.agents].filter(([, { receivedAt }]) => now - receivedAt <= HEARD_MS);
  return {
    verdicts: new Map(verdicts.map((verdict) => [verdict.placement.site, verdict])),
    copies: new Map(heard.map(([zone, { report }]) => [zone, new Map(report.copies.map((copy) => [copy.site, copy]))])),
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

function toZoneStatus({ zone, controller }: ZoneRecord, input: StatusInput): ZoneStatus {
  const heard = input.window.agents.get(zone);
  return {
    zone,
    state: zoneState(zone, input.window, input.findings, input.now),
    since: input.zoneSince.get(zone) ?? input.wall,
    heardAgoMs: heard === undefined ? null : Math.round(input.now - heard.receivedAt),
    controllerHere: controller !== null,
  };
}

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
    refusal: known.verdicts.get(placement.site)?.refusals[0]?.refusal ?? null,
  };
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
    trouble: copy?.database.trouble ?? null,
  };
}

/** Nothing received that is not applied: as old as the last word from the source. Otherwise the age is not known more exactly. */
function lagOf({ database }: CopyReport): number | null {
  if (database.follows === null || database.heardAgoMs === null) return null;
  return database.appliedPosition === database.receivedPosition && database.ioRunning
    ? 0
    : Math.round(database.heardAgoMs);
}
