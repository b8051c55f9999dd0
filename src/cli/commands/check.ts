/** `holdfast check FILE`: reads a site description and says everything that is wrong with it; starts and changes nothing. */
import type { Command } from 'commander';
import { readConfigFile } from '../../config/load.ts';
import { parseSite } from '../../config/site.ts';
import { formatError, formatProblems, HoldfastError } from '../../errors.ts';
import type { SiteSpec } from '../../model/index.ts';

export function registerCheck(program: Command): void {
  program
    .command('check')
    .description('read the site description in FILE and say what is wrong with it; start nothing')
    .argument('<file>', 'site description (YAML)')
    .action(async (file: string) => {
      process.exitCode = await check(file, process.stdout);
    });
}

/** Resolves with the exit status: 0 when the description is right, otherwise that of `config-wrong` or `config-unreadable`. */
export async function check(file: string, out: { write(text: string): unknown }): Promise<number> {
  try {
    const { spec, problems } = parseSite(await readConfigFile(file), file);
    if (problems === undefined) {
      out.write(`${file} is right: ${summaryOf(spec)}\n`);
      return 0;
    }
    out.write(`${formatProblems(file, problems)}\n`);
    return new HoldfastError('config-wrong').exitStatus;
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
