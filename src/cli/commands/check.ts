/** `holdfast check FILE`: reads a site's or the service's description and says everything that is wrong with it; starts and changes nothing. */
import type { Command } from 'commander';
import { readDescription } from '../../api/acts/description.ts';
import { readConfigFile } from '../../config/load.ts';
import { formatError, HoldfastError } from '../../errors.ts';
import type { ServiceSpec, SiteSpec } from '../../model/index.ts';

export function registerCheck(program: Command): void {
  program
    .command('check')
    .description('read the site or service description in FILE and say what is wrong with it; start nothing')
    .argument('<file>', 'description (YAML) that begins with `site:` or `service:`')
    .action(async (file: string) => {
      process.exitCode = await check(file, process.stdout);
    });
}

/** Resolves with the exit status: 0 when the description is right, otherwise that of `config-wrong` or `config-unreadable`. */
export async function check(file: string, out: { write(text: string): unknown }): Promise<number> {
  try {
    const { kind, spec } = readDescription(await readConfigFile(file), file);
    out.write(`${file} is right: ${kind === 'site' ? summaryOf(spec) : serviceSummary(spec)}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    out.write(`${formatError(error)}\n`);
    return error.exitStatus;
  }
}

function summaryOf({ site, hosts, zones, application }: SiteSpec): string {
  const processes = application.processes.map(({ name }) => name).join(', ');
  return `site ${site} at ${hosts.join(', ')}; zones ${zones.join(', ')}; runs ${processes}`;
}

function serviceSummary({ name, plans, people, channels }: ServiceSpec): string {
  const ways = Object.entries(channels).flatMap(([way, configured]) => (configured === null ? [] : [way]));
  const count = `${plans.length} ${plans.length === 1 ? 'plan' : 'plans'}, ${people.length} ${people.length === 1 ? 'person' : 'people'}`;
  return `service ${name}; ${count}; reached by ${ways.join(', ') || 'no way'}`;
}
