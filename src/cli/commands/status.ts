/** `holdfast status`: the whole picture, once. */
import type { Command } from 'commander';
import type { SiteStatus, StatusView } from '../../model/index.ts';
import { type Access, type AccessOptions, knownAccess, withAccess } from '../access.ts';
import { type Answer, askControllers } from '../controllers.ts';
import { askPages } from '../pages.ts';
import { paintFor } from '../screens/paint.ts';
import { statusScreen } from '../screens/status.ts';
import { Trouble } from '../trouble.ts';

export function registerStatus(program: Command): void {
  withAccess(program.command('status'))
    .description('zones, sites, who is live, protected or exposed')
    .option('--json', 'one JSON object')
    .action(async (options: AccessOptions & { json?: boolean }) => {
      const { from, body } = await askStatus(await knownAccess(options));
      process.stdout.write(
        options.json ? `${JSON.stringify(body)}\n` : statusScreen(body, from, paintFor(process.stdout)),
      );
    });
}

interface Zones extends Omit<StatusView, 'sites'> {}

/** As the first controller sees it that answers, preferring one that hears its store. @throws HoldfastError `controller-unreachable` */
export async function askStatus(access: Access): Promise<Answer<StatusView>> {
  const good = (body: unknown) => (body as Zones).storeFresh;
  const zones = await askControllers<Zones>(access, '/zones', { good });
  if (zones === null) throw new Trouble('What answers there is no controller of this version.');
  const { from, body } = zones;
  const sites = await askPages<'sites', SiteStatus>({ ...access, controllers: [from] }, '/sites', 'sites');
  return { from, body: { ...body, sites } };
}

/** Null: there is no such site. */
export async function askSite(access: Access, site: string): Promise<SiteStatus | null> {
  return (await askControllers<SiteStatus>(access, `/sites/${encodeURIComponent(site)}`))?.body ?? null;
}
