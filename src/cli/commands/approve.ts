/** `holdfast approve SITE`: lets a site move that asks a person first. */
import type { Command } from 'commander';
import { type AccessOptions, knownAccess, withAccess } from '../access.ts';
import { tellControllers } from '../tell-controllers.ts';

type Options = AccessOptions & { json?: boolean };

export function registerApprove(program: Command): void {
  withAccess(program.command('approve'))
    .description('let a site move that asks first (failover: {mode: ask-first})')
    .argument('<site>', 'the site that waits for approval')
    .option('--by <name>', 'who says so, as it will stand in the incident (else your user name)')
    .option('--json', 'one JSON object')
    .action(async (site: string, options: Options) => {
      const path = `/sites/${encodeURIComponent(site)}/approve`;
      const answer = await tellControllers<{ sentence: string }>(await knownAccess(options), path, {});
      process.stdout.write(options.json ? `${JSON.stringify(answer)}\n` : `${answer.sentence}\n`);
    });
}
