/** `holdfast token add|list|remove`: who has access to the API and the console. */
import { type Command, Option } from 'commander';
import { ROLES, type TokenRecord } from '../../model/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { type AccessOptions, knownAccess, withAccess } from '../access.ts';
import { askPages } from '../pages.ts';
import { type Paint, paintFor } from '../screens/paint.ts';
import { dateTime, duration, table } from '../screens/words.ts';
import { tellControllers } from '../tell-controllers.ts';
import { Trouble } from '../trouble.ts';

type Listed = Omit<TokenRecord, 'hash'>;

interface AddOptions extends AccessOptions {
  role: string;
  site: string[];
  days: string;
  json?: boolean;
}

export function registerToken(program: Command): void {
  const token = program.command('token').description('who has access to the API and the console');
  withAccess(token.command('add'))
    .description('give access; the token is shown this once')
    .argument('<name>', 'whose it is, as it will stand in records')
    .addOption(new Option('--role <role>', 'what it allows').choices([...ROLES]).default('viewer'))
    .option('--site <site>', 'for owners: one of theirs (repeatable)', collect, [] as string[])
    .option('--days <number>', 'it expires after so long', '90')
    .option('--by <name>', 'who gives it (else your user name)')
    .option('--json', 'one JSON object')
    .action(add);
  withAccess(token.command('list'))
    .description('tokens and open sessions')
    .option('--json', 'one JSON array')
    .action(list);
  withAccess(token.command('remove'))
    .description('take access back: it opens nothing any more, nor does any session that was opened with it')
    .argument('<id>', 'its id, from the list')
    .option('--by <name>', 'who takes it (else your user name)')
    .action(async (id: string, options: AccessOptions) => {
      const path = `/tokens/${encodeURIComponent(id)}`;
      const { sentence } = await tellControllers<{ sentence: string }>(await knownAccess(options), path, null);
      process.stdout.write(`${sentence}\n`);
    });
}

async function add(name: string, options: AddOptions): Promise<void> {
  const days = Number(options.days);
  if (!Number.isInteger(days)) throw new Trouble(`"${options.days}" is no number of days.`, 2);
  const body = { name, role: options.role, sites: options.site, days };
  const answer = await tellControllers<{ sentence: string; secret: string }>(
    await knownAccess(options),
    '/tokens',
    body,
  );
  if (options.json) return void process.stdout.write(`${JSON.stringify(answer)}\n`);
  process.stdout.write(`${answer.sentence}\nThe token, shown this once:\n${answer.secret}\n`);
}

async function list(options: AccessOptions & { json?: boolean }): Promise<void> {
  const tokens = await askPages<'tokens', Listed>(await knownAccess(options), '/tokens', 'tokens');
  process.stdout.write(
    options.json ? `${JSON.stringify(tokens)}\n` : tokenList(tokens, systemClock.wall(), paintFor(process.stdout)),
  );
}

/** One line each. */
export function tokenList(tokens: Listed[], now: number, paint: Paint): string {
  if (tokens.length === 0) return 'No token has been made: only the cluster key opens the API.\n';
  const rows = tokens.map(({ id, kind, name, role, sites, expiresAt, lastUsedAt }) => [
    id,
    kind,
    name,
    sites.length === 0 ? role : `${role} of ${sites.join(', ')}`,
    expiresAt < now ? paint.red(`expired ${dateTime(expiresAt)}`) : `for ${duration(expiresAt - now)} more`,
    lastUsedAt === null ? 'never used' : `used ${duration(now - lastUsedAt)} ago`,
  ]);
  return `${table(rows)}\n`;
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}
