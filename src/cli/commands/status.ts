/** `holdfast status`: the whole picture, once. */
import type { Command } from 'commander';
import type { StatusView } from '../../model/index.ts';
import { type Answer, askControllers } from '../controllers.ts';
import { type ControllerOptions, knownControllers, withControllers } from '../known-controllers.ts';
import { paintFor } from '../screens/paint.ts';
import { statusScreen } from '../screens/status.ts';
import { Trouble } from '../trouble.ts';

export function registerStatus(program: Command): void {
  withControllers(program.command('status'))
    .description('zones, sites, who is live, protected or exposed')
    .option('--json', 'one JSON object, as the controller gives it')
    .action(async (options: ControllerOptions & { json?: boolean }) => {
      const { from, body } = await askStatus(await knownControllers(options));
      process.stdout.write(
        options.json ? `${JSON.stringify(body)}\n` : statusScreen(body, from, paintFor(process.stdout)),
      );
    });
}

/** The status of the first controller that answers, preferring one that hears its store. Throws `controller-unreachable` when none does. */
export async function askStatus(controllers: string[]): Promise<Answer<StatusView>> {
  const fresh = (body: unknown) => (body as StatusView).storeFresh;
  const answer = await askControllers<StatusView>(controllers, '/status', { good: fresh });
  if (answer === null) throw new Trouble('What answers there is no controller (404 for /status).');
  return answer;
}
