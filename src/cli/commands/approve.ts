/** `holdfast approve SITE`: lets a site move that asks a person first. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { type KeyOptions, knownClusterKey, withClusterKey } from '../cluster-key.ts';
import { type ControllerOptions, knownControllers, withControllers } from '../known-controllers.ts';
import { tellControllers } from '../tell-controllers.ts';

type Options = ControllerOptions & KeyOptions & { by?: string; json?: boolean };

export function registerApprove(program: Command): void {
  withClusterKey(withControllers(program.command('approve')))
    .description('let a site move that asks first (failover: {mode: ask-first})')
    .argument('<site>', 'the site that waits for approval')
    .option('--by <name>', 'who says so, as it will stand in the incident (else your user name)')
    .option('--json', 'one JSON object')
    .action(async (site: string, options: Options) => {
      const controllers = await knownControllers(options);
      const by = options.by ?? process.env.SUDO_USER ?? userInfo().username;
      const path = `/sites/${encodeURIComponent(site)}/approve`;
      const answer = await tellControllers<{ sentence: string }>(
        controllers,
        path,
        { by },
        await knownClusterKey(options),
      );
      process.stdout.write(options.json ? `${JSON.stringify(answer)}\n` : `${answer.sentence}\n`);
    });
}
