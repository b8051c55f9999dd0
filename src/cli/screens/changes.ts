/** What changed between two statuses, as lines for a log. */
import type { CopyStatus, SiteStatus, StatusView, ZoneStatus } from '../../model/index.ts';

/** Everything counts as new when `before` is null. Ages and lags are no changes. */
export function changeLines(before: StatusView | null, after: StatusView): string[] {
  const lines: string[] = [];
  if (before?.storeFresh !== after.storeFresh) {
    if (!after.storeFresh) lines.push('the store does not answer');
    else if (before) lines.push('the store answers again');
  }
  const zones = new Map(before?.zones.map((zone) => [zone.zone, zone]));
  const sites = new Map(before?.sites.map((site) => [site.site, site]));
  for (const zone of after.zones) lines.push(...differ(zones.get(zone.zone), zone, zoneWords));
  for (const site of after.sites) {
    const old = sites.get(site.site);
    lines.push(...differ(old, site, siteWords));
    const copies = new Map(old?.copies.map((copy) => [copy.zone, copy]));
    for (const copy of site.copies) lines.push(...differ(copies.get(copy.zone), copy, copyWords(site.site)));
  }
  return lines;
}

function differ<T>(before: T | undefined, after: T, words: (each: T) => string): string[] {
  const now = words(after);
  return before !== undefined && words(before) === now ? [] : [now];
}

const zoneWords = (zone: ZoneStatus) =>
  `zone ${zone.zone} ${zone.state}${zone.evacuated === null ? '' : ', evacuated'}`;

const siteWords = (site: SiteStatus) =>
  `${site.site} ${site.protected ? 'protected' : `exposed (${site.phase})`}, live in ${site.live}, ` +
  `${site.standby === null ? 'no standby' : `standby in ${site.standby}`}` +
  `${site.order === null ? '' : `, moving to ${site.order.to}${site.order.holding ? ' now' : ''}`}` +
  `${site.refusal === null ? '' : `, not done: ${site.refusal.sentence} (${site.refusal.code})`}`;

const copyWords = (site: string) => (copy: CopyStatus) =>
  `${site} in ${copy.zone}: ${copy.role === 'none' ? 'no copy' : copy.role}, database ${copy.database}, ` +
  `application ${copy.application}${copy.trouble === null ? '' : `, ${copy.trouble}`}`;
