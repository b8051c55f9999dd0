/** `holdfast subscribers` and `holdfast subscribers remove ID|ADDRESS`: who asked on the status page to be told. */
import type { Command } from 'commander';
import { systemClock } from '../../platform/clock.ts';
import { type Access, type AccessOptions, knownAccess, withAccess } from '../access.ts';
import { confirm } from '../confirm.ts';
import { askPages } from '../pages.ts';
import { type Paint, paintFor } from '../screens/paint.ts';
import { dateTime, duration, table } from '../screens/words.ts';
import { tellControllers } from '../tell-controllers.ts';
import { Trouble } from '../trouble.ts';

/** As the API tells of them. */
export interface ListedSubscriber {
  id: string;
  channel: 'email' | 'webhook';
  /** Masked for anyone but admins. */
  to: string;
  site: string | null;
  link: number | null;
  askedAt: number | null;
  confirmedAt: number | null;
}

export function registerSubscribers(program: Command): void {
  const subscribers = withAccess(program.command('subscribers'))
    .description('who asked on the status page to be told')
    .option('--site <site>', 'only of this site’s page')
    .option('--json', 'one JSON array')
    .action(list);
  subscribers
    .command('remove')
    .description('end a subscription, or all those of an address; asks first')
    .argument('<id or address>', 'as the list shows it')
    .option('--yes', 'answers that question, for scripts')
    .option('--by <name>', 'who ends it (else your user name)')
    .action((which: string, _own: object, command: Command) => remove(which, command.optsWithGlobals()));
}

async function list(options: AccessOptions & { site?: string; json?: boolean }): Promise<void> {
  const all = await askAll(await knownAccess(options));
  const wanted = all.filter(({ site }) => options.site === undefined || site === options.site);
  process.stdout.write(
    options.json ? `${JSON.stringify(wanted)}\n` : subscriberList(wanted, systemClock.wall(), paintFor(process.stdout)),
  );
}

async function remove(which: string, options: AccessOptions & { yes?: boolean }): Promise<void> {
  const access = await knownAccess(options);
  const meant = meantBy(which, await askAll(access));
  if (meant.length === 0)
    throw new Trouble(`Nobody with the id or address ${which} has subscribed; holdfast subscribers lists them.`, 4);
  process.stdout.write(subscriberList(meant, systemClock.wall(), paintFor(process.stdout)));
  await confirm(
    meant.length === 1 ? 'End this subscription?' : `End these ${meant.length} subscriptions?`,
    options.yes,
  );
  for (const { id } of meant) {
    const path = `/subscribers/${encodeURIComponent(id)}`;
    const { sentence } = await tellControllers<{ sentence: string }>(access, path, null);
    process.stdout.write(`${sentence}\n`);
  }
}

function askAll(access: Access): Promise<ListedSubscriber[]> {
  return askPages<'subscribers', ListedSubscriber>(access, '/subscribers', 'subscribers');
}

/** Addresses of mail are one in small letters and capitals. */
export function meantBy(which: string, all: ListedSubscriber[]): ListedSubscriber[] {
  const small = which.toLowerCase();
  return all.filter(
    ({ id, channel, to }) => id === which || to === which || (channel === 'email' && to.toLowerCase() === small),
  );
}

/** One line each. */
export function subscriberList(subscribers: ListedSubscriber[], now: number, paint: Paint): string {
  if (subscribers.length === 0) return 'No subscribers.\n';
  const rows = subscribers.map(({ id, channel, to, site, link, askedAt, confirmedAt }) => [
    id,
    channel,
    to,
    site === null ? 'everything' : link === null ? site : `${site} (private, link ${link})`,
    confirmedAt === null
      ? paint.yellow(`not confirmed${askedAt === null ? '' : `, asked ${duration(now - askedAt)} ago`}`)
      : `since ${dateTime(confirmedAt)}`,
  ]);
  return `${table(rows)}\n`;
}
