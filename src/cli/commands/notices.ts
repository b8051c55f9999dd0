/** `holdfast notices` and `holdfast notices retry ID`: messages that wait, were sent, or could not be delivered. */
import type { Command } from 'commander';
import type { Notice } from '../../model/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { type AccessOptions, knownAccess, withAccess } from '../access.ts';
import { askControllers } from '../controllers.ts';
import { type Paint, paintFor } from '../screens/paint.ts';
import { dateTime, duration, table } from '../screens/words.ts';
import { tellControllers } from '../tell-controllers.ts';

type Options = AccessOptions & { dead?: boolean; json?: boolean };
type Listed = Omit<Notice, 'text' | 'data'>;

export function registerNotices(program: Command): void {
  const notices = withAccess(program.command('notices'))
    .description('messages to people: waiting, dead (not delivered for a day), sent')
    .option('--dead', 'only those that could not be delivered')
    .option('--json', 'one JSON array')
    .action(async (options: Options) => {
      const path = options.dead ? '/notices?state=dead' : '/notices';
      const answer = await askControllers<{ notices: Listed[] }>(await knownAccess(options), path);
      const listed = answer?.body.notices ?? [];
      process.stdout.write(
        options.json
          ? `${JSON.stringify(listed)}\n`
          : noticesScreen(listed, systemClock.wall(), paintFor(process.stdout)),
      );
    });
  notices
    .command('retry')
    .description('try a notice again at once')
    .argument('<id>', 'its id')
    .action(async (id: string, _own: object, command: Command) => {
      const access = await knownAccess(command.optsWithGlobals());
      const path = `/notices/${encodeURIComponent(id)}/retry`;
      const { sentence } = await tellControllers<{ sentence: string }>(access, path, {});
      process.stdout.write(`${sentence}\n`);
    });
}

/** One line each; why it was not delivered below it. */
export function noticesScreen(notices: Listed[], now: number, paint: Paint): string {
  if (notices.length === 0) return 'No notices.\n';
  const rows = notices.map((notice) => [
    notice.id,
    dateTime(notice.createdAt),
    stateWords(notice, now, paint),
    notice.severity,
    `${notice.person} (${notice.address.channel})`,
    notice.subject,
  ]);
  const lines = table(rows).split('\n');
  return `${notices.map(({ lastTrouble }, at) => (lastTrouble === null ? lines[at] : `${lines[at]}\n    ${paint.red(lastTrouble)}`)).join('\n')}\n`;
}

function stateWords({ state, sentAt, createdAt, dueAt, attempts }: Listed, now: number, paint: Paint): string {
  if (state === 'sent') return `sent after ${duration((sentAt ?? createdAt) - createdAt)}`;
  if (state === 'dead') return paint.red('dead');
  const when = dueAt > now ? `in ${duration(dueAt - now)}` : 'now';
  return attempts === 0 ? `due ${when}` : `tried ${attempts} times, again ${when}`;
}
