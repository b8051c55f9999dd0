/** The status screen: zones, sites, who is live, how well it is kept. */
import type { CopyStatus, Refusal, SiteStatus, StatusView, ZoneStatus } from '../../model/index.ts';
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
    zone.evacuated === null ? '' : paint.yellow(evacuatedWords(zone.evacuated)),
    zone.heardAgoMs === null ? 'never heard' : zone.heardAgoMs > 2_000 ? `heard ${duration(zone.heardAgoMs)} ago` : '',
  ]);
  return `${paint.bold('Zones')}\n${rows.length === 0 ? '  none has registered yet' : table(rows, '  ')}`;
}

function evacuatedWords({ by, why }: NonNullable<ZoneStatus['evacuated']>): string {
  return `evacuated by ${by}${why === '' ? '' : ` (${why})`}`;
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
  lines.push(...salvageLines(site, now, paint));
  if (site.order)
    lines.push(`  ${paint.cyan(`moving to ${site.order.to}`)}: ${site.order.waitsFor} (${site.order.by})`);
  if (site.refusal) lines.push(`  ${refusalWords(site.refusal, paint)}`);
  if (site.incident) lines.push(`  incident ${site.incident} is open: holdfast incident ${site.incident}`);
  return lines.join('\n');
}

/** What a plan leaves out is no trouble. */
function refusalWords({ code, sentence }: Refusal, paint: Paint): string {
  const label = code === 'not-protected-by-plan' ? paint.dim('by its plan') : paint.yellow('not done');
  return `${label}: ${sentence} (${code})`;
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
  return [
    copy.zone,
    copy.role === 'none' ? paint.dim('no copy') : copy.role,
    `database ${wellOrNot(databaseWords(copy), paint)}`,
    `application ${wellOrNot(copy.application, paint)}`,
    copy.lagMs === null ? '' : `${duration(copy.lagMs)} behind`,
    coldWords(copy).join(', '),
    copy.trouble === null ? '' : paint.yellow(copy.trouble),
  ];
}

/** `building 43 % (12 MB/s, 40 s left)`. */
function databaseWords({ database, build }: CopyStatus): string {
  if (build === null) return database;
  const share = build.totalBytes ? ` ${Math.round((100 * build.receivedBytes) / build.totalBytes)} %` : '';
  const rate = build.bytesPerSecond === null ? [] : [`${megabytes(build.bytesPerSecond)}/s`];
  const left = build.leftMs === null ? [] : [`${duration(build.leftMs)} left`];
  const held = build.throttled ? ['held back for the live copy'] : [];
  const more = build.stage === 'copying' ? [...rate, ...left, ...held] : [build.stage];
  return `building${share}${more.length === 0 ? '' : ` (${more.join(', ')})`}`;
}

/** What does not follow the site in a move, and is not warm here. */
function coldWords({ role, cache, search }: CopyStatus): string[] {
  if (role !== 'live') return [];
  const parts = [['cache', cache] as const, ['search', search] as const];
  return parts.flatMap(([name, part]) =>
    part === null || part.state === 'warm' ? [] : [`${name} ${part.state} for ${duration(part.stateForMs)}`],
  );
}

/** One line for everything that was set aside: it is kept until somebody has looked at it. */
function salvageLines(site: SiteStatus, now: number, paint: Paint): string[] {
  return site.copies.flatMap(({ zone, salvage }) =>
    salvage.map(({ id, transactions, bytes, folder, deletedAt }) => {
      const what = transactions === null ? 'not looked through yet' : `${transactions} transactions that only it had`;
      const ends = deletedAt === null ? '' : paint.yellow(`, deleted in ${duration(deletedAt - now)}`);
      return `  kept aside in ${zone}: ${id}, ${what}, ${megabytes(bytes)}, in ${folder}${ends}`;
    }),
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

function wellOrNot(state: string, paint: Paint): string {
  if (state === 'down' || state === 'failing') return paint.red(state);
  return state === 'unknown' || state === 'stopped' || state === 'absent' ? paint.dim(state) : state;
}
