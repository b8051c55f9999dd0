/** `holdfast sign-in`: a link that signs one browser in to the console, once. */
import { type Command, Option } from 'commander';
import { ROLES } from '../../model/index.ts';
import { type AccessOptions, knownAccess, withAccess } from '../access.ts';
import { tellControllers } from '../tell-controllers.ts';

interface Options extends AccessOptions {
  role: string;
  site: string[];
  console?: string;
  json?: boolean;
}

export interface SignInLink {
  path: string;
  expiresAt: number;
}

export function registerSignIn(program: Command): void {
  withAccess(program.command('sign-in'))
    .description('make a link that signs one browser in to the console, once, within a quarter of an hour')
    .addOption(new Option('--role <role>', 'what it allows').choices([...ROLES]).default('admin'))
    .option('--site <site>', 'for owners: one of theirs (repeatable)', (one, all) => [...all, one], [] as string[])
    .option('--by <name>', 'who signs in (else your user name)')
    .option('--console <address>', 'where the console is reached (else at the first controller)')
    .option('--json', 'one JSON object')
    .action(async (options: Options) => {
      const access = await knownAccess(options);
      const body = { name: access.by, role: options.role, sites: options.site };
      const { path, expiresAt } = await tellControllers<SignInLink>(access, '/sign-in-links', body);
      const base = options.console?.replace(/\/$/, '') ?? `http://${access.controllers[0]}`;
      const link = `${base}${path}`;
      process.stdout.write(options.json ? `${JSON.stringify({ link, expiresAt })}\n` : `${link}\n`);
    });
}
