/** The command line: one file per command under commands/, registered here in the order that `--help` shows them. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { formatError, HoldfastError } from '../errors.ts';
import { registerApprove } from './commands/approve.ts';
import { registerCheck } from './commands/check.ts';
import { registerDev } from './commands/dev.ts';
import { registerIncidents } from './commands/incidents.ts';
import { registerPrograms } from './commands/programs.ts';
import { registerRecord } from './commands/record.ts';
import { registerReplay } from './commands/replay.ts';
import { registerStatus } from './commands/status.ts';
import { registerWatch } from './commands/watch.ts';
import { registerZone } from './commands/zone.ts';
import { Trouble } from './trouble.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('holdfast')
  .description('Keeps a website online when the zone it lives in goes down.')
  .version(version, '--version', 'say which version this is')
  .helpOption('--help', 'show this help')
  .showHelpAfterError('(see holdfast --help)');

registerStatus(program);
registerWatch(program);
registerIncidents(program);
registerRecord(program);
registerReplay(program);
registerApprove(program);
registerZone(program);
registerDev(program);
registerCheck(program);
registerPrograms(program);

// A reader that has seen enough (`holdfast incidents | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof HoldfastError) {
    process.stderr.write(`${formatError(error)}\n`);
    process.exit(error.exitStatus);
  }
  process.stderr.write(`${error instanceof Trouble ? error.message : String((error as Error)?.stack ?? error)}\n`);
  process.exit(1);
}
