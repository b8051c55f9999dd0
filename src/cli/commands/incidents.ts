/** `holdfast incidents`, `holdfast incident ID|latest` and `holdfast incident update ID`: what happened, why it was answered so, and what people say of it. */
import { type Command, Option } from 'commander';
import type { IncidentOutline } from '../../api/schemas/incident.ts';
import { HoldfastError } from '../../errors.ts';
import { UPDATE_STATES, type UpdateState } from '../../model/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { type Access, type AccessOptions, knownAccess, withAccess } from '../access.ts';
import { askControllers } from '../controllers.ts';
import { incidentList, incidentScreen, type WholeIncident } from '../screens/incident.ts';
import { paintFor } from '../screens/paint.ts';
import { tellControllers } from '../tell-controllers.ts';
import { Trouble } from '../trouble.ts';

const WIDTH_WHEN_UNKNOWN = 120;

const MOST_ENTRIES = 10_000;

type Options = AccessOptions & { json?: boolean };

export function registerIncidents(program: Command): void {
  withAccess(program.command('incidents'))
    .description('what happened so far, newest first; planned moves stand apart as such')
    .option('--json', 'one JSON array')
    .action(async (options: Options) => {
      const incidents = await askIncidents(await knownAccess(options));
      process.stdout.write(
        options.json
          ? `${JSON.stringify(incidents)}\n`
          : incidentList(incidents, systemClock.wall(), paintFor(process.stdout)),
      );
    });
  const incident = withAccess(program.command('incident'))
    .description('one incident from the first finding to protected again')
    .argument('[id]', 'its id, or `latest` (planned moves only by their id)', 'latest')
    .option('--json', 'one JSON object')
    .action(async (id: string, options: Options) => {
      const incident = await askIncident(await knownAccess(options), id);
      const width = process.stdout.columns ?? WIDTH_WHEN_UNKNOWN;
      process.stdout.write(
        options.json ? `${JSON.stringify(incident)}\n` : incidentScreen(incident, width, paintFor(process.stdout)),
      );
      if (!options.json && incident.leftOut > 0)
        process.stdout.write(`${incident.leftOut} entries of the middle are left out.\n`);
    });
  registerUpdate(incident);
}

interface Update {
  state: UpdateState;
  text: string;
  public?: boolean;
}

/** `holdfast incident update ID|latest`: its people are told. */
function registerUpdate(incident: Command): void {
  incident
    .command('update')
    .description('write into an incident; its people are told')
    .argument('<id>', 'its id, or `latest`')
    .addOption(new Option('--state <state>', 'what it is in from now on').choices(UPDATE_STATES).makeOptionMandatory())
    .requiredOption('--text <text>', 'what is to be said, in plain words')
    .option('--public', 'everybody may read it, on the status page')
    .option('--by <name>', 'who writes it, as it will stand in the incident (else your user name)')
    .action(async (asked: string, { state, text, public: shown = false }: Update, command: Command) => {
      const access = await knownAccess(command.optsWithGlobals());
      const { id } = await askIncident(access, asked);
      const path = `/incidents/${encodeURIComponent(id)}/updates`;
      const { sentence } = await tellControllers<{ sentence: string }>(access, path, { state, text, public: shown });
      process.stdout.write(`${sentence}\n`);
    });
}

/** Newest first. */
export async function askIncidents(access: Access): Promise<IncidentOutline[]> {
  return (await askControllers<{ incidents: IncidentOutline[] }>(access, '/incidents'))?.body.incidents ?? [];
}

/** `latest`: the newest that is no planned move. @throws HoldfastError `incident-unknown` */
export async function askIncident(access: Access, id: string): Promise<WholeIncident> {
  const answer = await askControllers<WholeIncident>(
    access,
    `/incidents/${encodeURIComponent(id)}?most=${MOST_ENTRIES}`,
  );
  if (answer !== null) return answer.body;
  if (id === 'latest') throw new Trouble('No incident so far.');
  throw new HoldfastError('incident-unknown', { incident: id });
}
