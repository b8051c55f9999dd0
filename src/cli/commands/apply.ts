/** `holdfast apply FILE`: a site's or the service's description into the store; which one it is its first key says. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readConfigFile } from '../../config/load.ts';
import { type AccessOptions, knownAccess, withAccess } from '../access.ts';
import { tellControllers } from '../tell-controllers.ts';

const LIMIT_MS = 30_000;

interface Applied {
  sentence: string;
  warnings: string[];
}

export function registerApply(program: Command): void {
  withAccess(program.command('apply'))
    .description('take the site or service description in FILE into the store')
    .argument('<file>', 'description (YAML) that begins with `site:` or `service:`')
    .action(async (file: string, options: AccessOptions) => {
      const body = { description: await readConfigFile(file), file: resolve(file) };
      const access = await knownAccess(options);
      const { sentence, warnings } = await tellControllers<Applied>(access, '/apply', body, { limitMs: LIMIT_MS });
      process.stdout.write(`${[sentence, ...warnings].join('\n')}\n`);
    });
}
