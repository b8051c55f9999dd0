/** Runs a site's cron command where the site is live and writable, and nowhere else: never two at a time, in no two zones. */
import { join } from 'node:path';
import type { MonoMs } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { UserIds } from '../platform/users.ts';
import { createCommandRunner } from './app/command.ts';
import type { ApplicationPlan } from './app/plan.ts';
import type { Launcher } from './app/processes.ts';

export interface CronOptions {
  clock: Clock;
  log: Log;
  launcher: Launcher;
  user: UserIds | null;
  runFolder: string;
  logFolder: string;
}

export interface Cron {
  /**
   * `isLive`: the placement names this copy live; when that ends a running command is killed at once. `mayStart`: besides,
   * it is settled and writable under an epoch that the store confirmed lately, so that no cut-off zone runs it a second time.
   */
  pursue(plan: ApplicationPlan, isLive: boolean, mayStart: boolean): void;
  /** Kills a running command: nobody would be there to end it when the role is lost. */
  stop(): void;
}

/** A command that takes longer is killed: it would keep all later ones from running. */
const LIMIT_MS = 10 * 60_000;

export function createCron({ clock, log, launcher, user, runFolder, logFolder }: CronOptions): Cron {
  const runner = createCommandRunner({ clock, log, launcher, name: 'cron', runFolder });
  let nextAt: MonoMs | null = null;

  const start = async (plan: ApplicationPlan, cron: NonNullable<ApplicationPlan['cron']>) => {
    nextAt = clock.mono() + cron.everyMs;
    const status = await runner.run(
      {
        command: cron.command,
        environment: cron.environment,
        cwd: plan.appFolder,
        user,
        logFile: join(logFolder, 'cron.log'),
      },
      LIMIT_MS,
    );
    if (status !== 0) log.warn({ status }, 'cron did not end well');
  };

  return {
    pursue(plan, isLive, mayStart) {
      if (!isLive && runner.running()) runner.kill();
      if (plan.cron === null || !mayStart || !isLive) return;
      nextAt ??= clock.mono() + plan.cron.everyMs;
      if (clock.mono() < nextAt || runner.running()) return;
      void start(plan, plan.cron);
    },
    stop: () => runner.kill(),
  };
}
