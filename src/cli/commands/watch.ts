/** `holdfast watch`: the status as it changes; redrawn on a terminal, one line a change elsewhere. */
import type { Command } from 'commander';
import { HoldfastError } from '../../errors.ts';
import { systemClock } from '../../platform/clock.ts';
import { type Access, type AccessOptions, knownAccess, withAccess } from '../access.ts';
import { changeLines } from '../screens/changes.ts';
import { paintFor } from '../screens/paint.ts';
import { statusScreen } from '../screens/status.ts';
import { timeOfDay } from '../screens/words.ts';
import { askStatus } from './status.ts';

const PAUSE_MS = 500;
const HOME_AND_CLEAR = '\u001b[H\u001b[J';

export function registerWatch(program: Command): void {
  withAccess(program.command('watch'))
    .description('the same, followed as it changes (Ctrl-C ends it)')
    .action(async (options: AccessOptions) => {
      const access = await knownAccess(options);
      const show = process.stdout.isTTY ? redraw : printer();
      for (;;) {
        show(await look(access));
        await systemClock.sleep(PAUSE_MS);
      }
    });
}

type Look = Awaited<ReturnType<typeof askStatus>> | HoldfastError;

async function look(access: Access): Promise<Look> {
  try {
    return await askStatus(access);
  } catch (error) {
    if (error instanceof HoldfastError) return error;
    throw error;
  }
}

function redraw(seen: Look): void {
  const text =
    seen instanceof HoldfastError ? `${seen.message}\n` : statusScreen(seen.body, seen.from, paintFor(process.stdout));
  process.stdout.write(`${HOME_AND_CLEAR}${text}`);
}

function printer(): (seen: Look) => void {
  let before: Look | null = null;
  return (seen) => {
    const now = timeOfDay(systemClock.wall());
    const lines =
      seen instanceof HoldfastError
        ? before instanceof HoldfastError
          ? []
          : seen.message.split('\n')
        : changeLines(before === null || before instanceof HoldfastError ? null : before.body, seen.body);
    for (const line of lines) process.stdout.write(`${now}  ${line}\n`);
    before = seen;
  };
}
