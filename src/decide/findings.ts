/** Findings put where one site finds its own: ten thousand of them may hold at once, and every site asks. */
import {
  type Finding,
  type FindingCode,
  PATIENCE,
  type Patience,
  type Placement,
  type SiteId,
  type ZoneId,
} from '../model/index.ts';

export interface FindingIndex {
  bySite: ReadonlyMap<SiteId, readonly Finding[]>;
  /** Findings about a whole zone. */
  byZone: ReadonlyMap<ZoneId, readonly Finding[]>;
  /** Findings about a zone that are not about these of its sites. */
  sparing: ReadonlyMap<Finding, ReadonlySet<SiteId>>;
  /** Trouble that several zones share, if there is such. */
  everywhere: Finding | null;
}

export function indexFindings(findings: readonly Finding[]): FindingIndex {
  const bySite = new Map<SiteId, Finding[]>();
  const byZone = new Map<ZoneId, Finding[]>();
  const sparing = new Map<Finding, ReadonlySet<SiteId>>();
  for (const finding of findings) {
    if (finding.code === 'observer-sick') continue;
    if (finding.site !== null) put(bySite, finding.site, finding);
    else if (finding.zone !== null) put(byZone, finding.zone, finding);
    if (finding.well !== undefined && finding.well.length > 0) sparing.set(finding, new Set(finding.well));
  }
  return { bySite, byZone, sparing, everywhere: findings.find(({ code }) => code === 'trouble-everywhere') ?? null };
}

function put<K>(map: Map<K, Finding[]>, key: K, finding: Finding): void {
  const there = map.get(key);
  if (there === undefined) map.set(key, [finding]);
  else there.push(finding);
}

/** What a site may be moved for, worst first: who serves nobody, who serves some, who serves late. */
const LOSSES = [
  'zone-dark',
  'copy-down',
  'copy-stuck',
  'zone-erring',
  'copy-erring',
  'trouble-everywhere',
  'zone-slow',
  'copy-slow',
] as const satisfies FindingCode[];
type LossCode = (typeof LOSSES)[number];

/** The live copy serves nobody, or no writes: staying is certain loss, so that more is risked for leaving. */
const SERVES_NOBODY: ReadonlySet<FindingCode> = new Set<LossCode>(['zone-dark', 'copy-down', 'copy-stuck']);

export function servesNobody({ code }: Finding): boolean {
  return SERVES_NOBODY.has(code);
}

const NONE: readonly Finding[] = [];

/** Findings about the copy of a site in a zone, the zone's own included; a finding of the site without a zone counts for each. */
export function findingsAbout(index: FindingIndex, site: SiteId, zone: ZoneId): readonly Finding[] {
  const ofZone = index.byZone.get(zone) ?? NONE;
  const ofSite = index.bySite.get(site);
  if (ofSite === undefined) return ofZone;
  return [...ofZone, ...ofSite.filter((finding) => finding.zone === zone || finding.zone === null)];
}

/** What speaks against the live copy, worst first. */
export function lossesOf({ site, live }: Placement, index: FindingIndex): readonly Finding[] {
  const found = findingsAbout(index, site, live);
  if (found.length === 0) return NONE;
  const about = found.filter((finding) => rankOf(finding.code) >= 0 && !index.sparing.get(finding)?.has(site));
  return about.length < 2 ? about : about.toSorted((one, other) => rankOf(one.code) - rankOf(other.code));
}

function rankOf(code: FindingCode): number {
  return (LOSSES as readonly FindingCode[]).indexOf(code);
}

/** For how long a finding must have held before a site of this patience is moved for it. */
export function patienceFor({ code, outright }: Finding, patience: Patience): number {
  switch (code) {
    case 'zone-dark':
      return outright ? patience.refusedMs : patience.silenceMs;
    case 'copy-down':
      return outright ? patience.refusedMs : patience.downMs;
    case 'copy-stuck':
      return patience.downMs;
    case 'zone-slow':
    case 'copy-slow':
      return patience.slowMs;
    default:
      return patience.erringMs;
  }
}

export function hasHeldLongEnough(finding: Finding, patience: Patience): boolean {
  return finding.forMs >= patienceFor(finding, patience);
}

/**
 * The standby is lost, and for long enough when its zone is silent: writes hang meanwhile, so that nobody waits longer for this
 * than `normal` does; a neighbour's eagerness does not count.
 */
export function standbyLoss({ site, standby }: Placement, index: FindingIndex, patience: Patience): Finding | null {
  const lost = index.bySite.get(site)?.find(({ code }) => code === 'standby-lost');
  if (lost === undefined || standby === null) return null;
  const dark = index.byZone.get(standby)?.find(({ code }) => code === 'zone-dark');
  if (dark === undefined) return lost;
  return hasHeldLongEnough(dark, patience) || hasHeldLongEnough(dark, PATIENCE.normal) ? lost : null;
}
