/** All commands, each in a file of its own under commands/, in the order that `--help` shows them. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { registerAck } from './commands/ack.ts';
import { registerApply } from './commands/apply.ts';
import { registerApprove } from './commands/approve.ts';
import { registerAudit } from './commands/audit.ts';
import { registerCheck } from './commands/check.ts';
import { registerDev } from './commands/dev.ts';
import { registerDrill } from './commands/drill.ts';
import { registerEvacuate } from './commands/evacuate.ts';
import { registerIncidents } from './commands/incidents.ts';
import { registerMove } from './commands/move.ts';
import { registerNotices } from './commands/notices.ts';
import { registerPage } from './commands/page.ts';
import { registerPrograms } from './commands/programs.ts';
import { registerRecord } from './commands/record.ts';
import { registerReplay } from './commands/replay.ts';
import { registerSalvage } from './commands/salvage.ts';
import { registerSignIn } from './commands/sign-in.ts';
import { registerSla } from './commands/sla.ts';
import { registerStatus } from './commands/status.ts';
import { registerSubscribers } from './commands/subscribers.ts';
import { registerToken } from './commands/token.ts';
import { registerWatch } from './commands/watch.ts';
import { registerZone } from './commands/zone.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

export function createProgram(): Command {
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
  registerMove(program);
  registerEvacuate(program);
  registerDrill(program);
  registerApprove(program);
  registerAck(program);
  registerNotices(program);
  registerSla(program);
  registerSalvage(program);
  registerPage(program);
  registerSubscribers(program);
  registerApply(program);
  registerSignIn(program);
  registerToken(program);
  registerAudit(program);
  registerZone(program);
  registerDev(program);
  registerCheck(program);
  registerPrograms(program);
  return program;
}
