/** Runs one of the long-lived programs until it is told to end: orderly on the first signal, at once on the second. */
import type { Clock } from '../platform/clock.ts';
import { systemClock, withDeadline } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';

const STOP_DEADLINE_MS = 10_000;

/** Resolves when the process is about to exit; the exit status says whether the stop was orderly. */
export async function runProgram(
  log: Log,
  start: () => Promise<{ stop(): Promise<void> }>,
  clock: Clock = systemClock,
): Promise<void> {
  const end = (why: string) => (error: unknown) => {
    log.fatal({ err: error }, why);
    process.exit(1);
  };
  process.on('uncaughtException', end('an error that nobody handled'));
  process.on('unhandledRejection', end('a rejection that nobody handled'));

  const told = firstSignal(log);
  const running = start();
  running.catch(end('could not start'));
  const { stop } = await running;
  const signal = await told;
  log.info({ signal }, 'stopping');
  await withDeadline(clock, 'stopping', STOP_DEADLINE_MS, stop()).catch(end('did not stop cleanly'));
  log.info('stopped');
  process.exit(0);
}

function firstSignal(log: Log): Promise<string> {
  return new Promise((resolve) => {
    let signals = 0;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        signals += 1;
        if (signals === 1) return resolve(signal);
        log.warn({ signal }, 'told twice: leaving at once');
        process.exit(1);
      });
    }
  });
}
