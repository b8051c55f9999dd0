/** The status screen: zones, sites, who is live, how well it is kept. */
import type { CopyStatus, SiteStatus, StatusView, ZoneStatus } from '../../model/index.ts';
import type { Paint } from './paint.ts';
import { duration, table } from './words.ts';

/** `asked`: the `host:port` that answered. */
export function statusScreen(view: StatusView, asked: string, paint: Paint): string {
  const parts = [zonesPart(view, paint), ...view.sites.map((site) => sitePart(site, view.at, paint))];
  if (view.sites.length === 0) parts.push('No site yet.');
  parts.push(paint.dim(`Told by the controller in zone ${view.controller} (${asked}).`));
  if (!view.storeFresh) {
    parts.push(
      paint.yellow('The store does not answer this controller: sites keep serving, but what you see may be old.'),
    );
  }
  return `${parts.join('\n\n')}\n`;
}

function zonesPart(view: StatusView, paint: Paint): string {
  const rows = view.zones.map((zone) => [
    zone.zone,
    zoneState(zone, paint),
    `for ${duration(view.at - zone.since)}`,
    zone.heardAgoMs === null ? 'never heard' : zone.heardAgoMs > 2_000 ? `heard ${duration(zone.heardAgoMs)} ago` : '',
  ]);
  return `${paint.bold('Zones')}\n${rows.length === 0 ? '  none has registered yet' : table(rows, '  ')}`;
}

function zoneState(zone: ZoneStatus, paint: Paint): string {
  if (zone.state === 'healthy') return paint.green(zone.state);
  return zone.state === 'unknown' ? paint.dim(zone.state) : paint.red(zone.state);
}

function sitePart(site: SiteStatus, now: number, paint: Paint): string {
  const lines = [`${paint.bold(site.site)}  ${siteLine(site, now, paint)}`, `  ${site.hosts.join(', ')}`];
  if (site.copies.length > 0)
    lines.push(
      table(
        site.copies.map((copy) => copyRow(copy, paint)),
        '  ',
      ),
    );
  if (site.refusal) lines.push(`  ${paint.yellow('not done')}: ${site.refusal.sentence} (${site.refusal.code})`);
  if (site.incident) lines.push(`  incident ${site.incident} is open: holdfast incident ${site.incident}`);
  return lines.join('\n');
}

/** `protected for 3 min, live in a, standby in b`. */
export function siteLine(site: SiteStatus, now: number, paint: Paint): string {
  const state = site.protected
    ? paint.green('protected')
    : paint.yellow(site.phase === 'new' ? 'being set up' : 'exposed');
  const standby = site.standby === null ? 'no standby' : `standby in ${site.standby}`;
  return `${state} for ${duration(now - site.since)}, live in ${paint.bold(site.live)}, ${standby}`;
}

function copyRow(copy: CopyStatus, paint: Paint): string[] {
  const database =
    copy.database === 'building' && copy.buildProgress !== null
      ? `building ${Math.round(copy.buildProgress * 100)} %`
      : copy.database;
  return [
    copy.zone,
    copy.role === 'none' ? paint.dim('no copy') : copy.role,
    `database ${wellOrNot(database, paint)}`,
    `application ${wellOrNot(copy.application, paint)}`,
    copy.lagMs === null ? '' : `${duration(copy.lagMs)} behind`,
    copy.trouble === null ? '' : paint.yellow(copy.trouble),
  ];
}

function wellOrNot(state: string, paint: Paint): string {
  if (state === 'down' || state === 'failing') return paint.red(state);
  return state === 'unknown' || state === 'stopped' || state === 'absent' ? paint.dim(state) : state;
}
