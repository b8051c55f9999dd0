/** `holdfast audit`: who changed what, when and why. */
import type { Command } from 'commander';
import type { AuditEntry } from '../../model/index.ts';
import { type AccessOptions, knownAccess, withAccess } from '../access.ts';
import { askPages } from '../pages.ts';
import { type Paint, paintFor } from '../screens/paint.ts';
import { dateTime, table } from '../screens/words.ts';
import { Trouble } from '../trouble.ts';

export function registerAudit(program: Command): void {
  withAccess(program.command('audit'))
    .description('who changed what, when and why; newest first')
    .option('--most <number>', 'so many', '50')
    .option('--json', 'one JSON array')
    .action(async (options: AccessOptions & { most: string; json?: boolean }) => {
      const most = Number(options.most);
      if (!Number.isInteger(most) || most < 1) throw new Trouble(`"${options.most}" is no number.`, 2);
      const entries = await askPages<'entries', AuditEntry>(await knownAccess(options), '/audit', 'entries', most);
      process.stdout.write(
        options.json ? `${JSON.stringify(entries)}\n` : auditList(entries, paintFor(process.stdout)),
      );
    });
}

/** One line each; the sentence below it. */
export function auditList(entries: AuditEntry[], paint: Paint): string {
  if (entries.length === 0) return 'Nothing has been changed over the API.\n';
  const lines = table(
    entries.map(({ at, who, role, what, target, outcome, why }) => [
      dateTime(at),
      `${who} (${role})`,
      what,
      target,
      outcome === 'done' ? paint.green('done') : paint.yellow(outcome ?? 'outcome not known'),
      why,
    ]),
  ).split('\n');
  return entries
    .map(({ sentence }, at) => `${lines[at]}\n${sentence === '' ? '' : `    ${paint.dim(sentence)}\n`}`)
    .join('');
}
