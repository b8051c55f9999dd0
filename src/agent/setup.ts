/** The site's first steps: its setup command, run once in the first live copy after its database was created. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ActionReport, Epoch, MonoMs } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import { writeWhole } from '../platform/files.ts';
import type { Log } from '../platform/log.ts';
import type { UserIds } from '../platform/users.ts';
import { createCommandRunner } from './app/command.ts';
import type { ApplicationPlan } from './app/plan.ts';
import type { Launcher } from './app/processes.ts';

export interface SetupOptions {
  clock: Clock;
  log: Log;
  launcher: Launcher;
  user: UserIds | null;
  runFolder: string;
  logFolder: string;
  /** `SITE/ZONE`, for the action's id. */
  copyName: string;
}

export interface Setup {
  /** Call while the copy is live, created, writable and its application answers. Runs what is still to be done; a failure is tried again. */
  pursue(plan: ApplicationPlan, epoch: Epoch): void;
  done(): boolean;
  actions(): ActionReport[];
  stop(): void;
}

const LIMIT_MS = 120_000;
const RETRY_MS = 2_000;

export function createSetup(options: SetupOptions): Setup {
  const { clock, log, launcher, user, runFolder, logFolder, copyName } = options;
  const marker = join(runFolder, 'initialised');
  const runner = createCommandRunner({ clock, log, launcher, name: 'setup', runFolder });
  let done = existsSync(marker);
  let underway = false;
  let retryAt: MonoMs = 0;
  let action: ActionReport | null = null;

  const run = async (plan: ApplicationPlan, epoch: Epoch) => {
    const startedAt = clock.wall();
    const begun = clock.mono();
    const status = plan.setup === null ? 0 : await runner.run({ ...plan.setup, ...whereOf(plan) }, LIMIT_MS);
    if (status === 0) {
      await writeWhole(marker, `${JSON.stringify({ epoch, at: startedAt })}\n`);
      done = true;
    } else {
      retryAt = clock.mono() + RETRY_MS;
      log.warn({ status }, 'the setup command failed; it is tried again');
    }
    action = {
      id: `${copyName}/${epoch}/setup`,
      verb: 'setup',
      epoch,
      startedAt,
      tookMs: Math.round(clock.mono() - begun),
      outcome: done ? 'done' : 'failed',
      detail: plan.setup === null ? 'nothing to set up' : `exit status ${status ?? 'none'}`,
    };
  };

  const whereOf = (plan: ApplicationPlan) => ({
    cwd: plan.appFolder,
    user,
    logFile: join(logFolder, 'setup.log'),
  });

  return {
    pursue(plan, epoch) {
      if (done || underway || clock.mono() < retryAt) return;
      underway = true;
      run(plan, epoch)
        .catch((error) => log.error({ err: error }, 'the site cannot be set up'))
        .finally(() => {
          underway = false;
        });
    },
    done: () => done,
    actions: () => (action === null ? [] : [action]),
    stop: () => runner.kill(),
  };
}
