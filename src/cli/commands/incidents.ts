/** `holdfast incidents` and `holdfast incident ID|latest`: what happened, and why it was answered as it was. */
import type { Command } from 'commander';
import { HoldfastError } from '../../errors.ts';
import type { Incident } from '../../model/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { askControllers } from '../controllers.ts';
import { type ControllerOptions, knownControllers, withControllers } from '../known-controllers.ts';
import { incidentList, incidentScreen } from '../screens/incident.ts';
import { paintFor } from '../screens/paint.ts';
import { Trouble } from '../trouble.ts';

const WIDTH_WHEN_UNKNOWN = 120;

type Options = ControllerOptions & { json?: boolean };

export function registerIncidents(program: Command): void {
  withControllers(program.command('incidents'))
    .description('what happened so far, newest first')
    .option('--json', 'one JSON array')
    .action(async (options: Options) => {
      const incidents = await askIncidents(await knownControllers(options));
      process.stdout.write(
        options.json
          ? `${JSON.stringify(incidents)}\n`
          : incidentList(incidents, systemClock.wall(), paintFor(process.stdout)),
      );
    });
  withControllers(program.command('incident'))
    .description('one incident from the first finding to protected again')
    .argument('[id]', 'its id, or `latest`', 'latest')
    .option('--json', 'one JSON object')
    .action(async (id: string, options: Options) => {
      const incident = await askIncident(await knownControllers(options), id);
      const width = process.stdout.columns ?? WIDTH_WHEN_UNKNOWN;
      process.stdout.write(
        options.json ? `${JSON.stringify(incident)}\n` : incidentScreen(incident, width, paintFor(process.stdout)),
      );
    });
}

/** Newest first. */
export async function askIncidents(controllers: string[]): Promise<Incident[]> {
  return (await askControllers<Incident[]>(controllers, '/incidents'))?.body ?? [];
}

async function askIncident(controllers: string[], id: string): Promise<Incident> {
  if (id === 'latest') {
    const newest = (await askIncidents(controllers))[0];
    if (!newest) throw new Trouble('No incident so far.');
    return newest;
  }
  const answer = await askControllers<Incident>(controllers, `/incidents/${encodeURIComponent(id)}`);
  if (answer === null) throw new HoldfastError('incident-unknown', { incident: id });
  return answer.body;
}
