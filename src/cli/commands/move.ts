/** `holdfast move SITE --to ZONE`: a planned move that loses nothing, followed until the site lives there or the move is called off. */
import type { Command } from 'commander';
import { parseDuration } from '../../config/duration.ts';
import { type Access, type AccessOptions, knownAccess, withAccess } from '../access.ts';
import { confirmSite } from '../confirm-site.ts';
import { askControllers } from '../controllers.ts';
import { followMove } from '../follow-move.ts';
import { tellControllers } from '../tell-controllers.ts';
import { Trouble } from '../trouble.ts';

interface Options extends AccessOptions {
  to?: string;
  why?: string;
  drain?: string;
  acceptLoss?: boolean;
  yesIMean?: string;
  callOff?: boolean;
  wait: boolean;
  json?: boolean;
}

interface Answer {
  sentence: string;
  record: string | null;
}

export function registerMove(program: Command): void {
  withAccess(program.command('move'))
    .description('move a site to another zone, without losing a write or a request')
    .argument('<site>', 'the site')
    .option('--to <zone>', 'where it is to live')
    .option('--why <text>', 'stands in the record of the move')
    .option('--by <name>', 'who asks (else your user name)')
    .option(
      '--drain <time>',
      'requests and transactions that are open get so long, for example 30s; then they are ended',
    )
    .option('--accept-loss', 'to a copy that lacks acknowledged writes: says what is given up, and asks first')
    .option('--yes-i-mean <site>', 'answers that question, for scripts')
    .option('--call-off', 'give up the move that is under way; the site stays where it is')
    .option('--no-wait', 'only ask for it')
    .option('--json', 'one JSON object at the end')
    .action(async (site: string, options: Options) => {
      const access = await knownAccess(options);
      const say = (line: string) => void (options.json || process.stdout.write(`${line}\n`));
      const path = `/sites/${encodeURIComponent(site)}/move`;
      if (options.callOff) {
        const answer = await tellControllers<Answer>(access, path, null);
        process.stdout.write(`${options.json ? JSON.stringify(answer) : answer.sentence}\n`);
        return;
      }
      if (options.to === undefined) throw new Trouble(`Say where to: holdfast move ${site} --to ZONE`, 2);
      if (options.acceptLoss) await confirmLoss(access, site, options.to, options.yesIMean, say);
      const body = {
        kind: options.acceptLoss ? 'accept-loss' : 'move',
        to: options.to,
        why: options.why ?? '',
        drainMs: options.drain === undefined ? null : drainOf(options.drain),
        ...(options.acceptLoss ? { confirm: site } : {}),
      };
      const answer = await tellControllers<Answer>(access, path, body);
      say(answer.sentence);
      if (!options.wait) {
        if (options.json) process.stdout.write(`${JSON.stringify(answer)}\n`);
        return;
      }
      const end = await followMove({ access, site, to: options.to, record: answer.record, say });
      if (options.json) process.stdout.write(`${JSON.stringify({ ...end, record: answer.record })}\n`);
      process.exitCode = end.exitStatus;
    });
}

function drainOf(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new Trouble(`"${text}" is no time; for example: 500ms, 10s, 2m`, 2);
  return ms;
}

/** Says what will be given up as far as it is known, and has the site's name typed. @throws Trouble when it is not */
async function confirmLoss(
  access: Access,
  site: string,
  to: string,
  meant: string | undefined,
  say: (line: string) => void,
): Promise<void> {
  const query = new URLSearchParams({ to, kind: 'accept-loss' });
  const path = `/sites/${encodeURIComponent(site)}/move/preview?${query}`;
  const preview = await askControllers<{ risks: string[] }>(access, path);
  if (preview === null) throw new Trouble(`There is no site ${site}, or no zone ${to} of it.`, 4);
  for (const sentence of preview.body.risks) say(`  ${sentence}`);
  await confirmSite(site, meant, 'give this up');
}
