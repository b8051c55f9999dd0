/** `holdfast ack INCIDENT --by NAME`: somebody takes an incident, so that nobody else is asked. */
import type { Command } from 'commander';
import { type AccessOptions, knownAccess, withAccess } from '../access.ts';
import { tellControllers } from '../tell-controllers.ts';
import { askIncident } from './incidents.ts';

type Options = AccessOptions;

export function registerAck(program: Command): void {
  withAccess(program.command('ack'))
    .description('take an incident: nobody else is asked to')
    .argument('<incident>', 'its id, or `latest`')
    .option('--by <name>', 'who takes it, as it will stand in the incident (else your user name)')
    .action(async (asked: string, options: Options) => {
      const access = await knownAccess(options);
      const { id } = await askIncident(access, asked);
      const path = `/incidents/${encodeURIComponent(id)}/acknowledge`;
      const { sentence } = await tellControllers<{ sentence: string }>(access, path, {});
      process.stdout.write(`${sentence}\n`);
    });
}
