/** A copy's own redis-server: kept running, asked, and emptied in bounded time whatever state it is in. */
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MonoMs } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { UserIds } from '../../platform/users.ts';
import { hashOf } from '../app/plan.ts';
import { createKeptProcess, type Launcher } from '../app/processes.ts';
import type { AskRedis } from './ask.ts';
import { toServerConfig } from './server-config.ts';

export interface CacheServerOptions {
  clock: Clock;
  log: Log;
  launcher: Launcher;
  ask: AskRedis;
  /** The server's user, with the application's group, which alone may use the socket; null: as ourselves. */
  user(): UserIds | null;
  /** The server's folder in the copy's. */
  folder: string;
  runFolder: string;
  logFolder: string;
  mostMb: number;
}

export interface CacheServer {
  /** Starts it when it does not run. `port` on the loopback address beside the socket; null: none. */
  keep(port: number | null): Promise<void>;
  /** Ends it; true once nothing runs. */
  stop(): boolean;
  running(): boolean;
  /** Rejects when there is no answer within `limitMs`. */
  ask(words: string[], limitMs: number): Promise<string>;
  /**
   * Afterwards nothing can be read from it that was in it before. Resolves within about `EMPTY_LIMIT_MS` with how that was done: one
   * that does not do it in time is killed, and since it keeps nothing on disk, that empties it as well.
   */
  empty(): Promise<{ killed: boolean; how: string }>;
  kill(): void;
  /** Why it cannot even be started; null: nothing known against it. */
  trouble(): string | null;
}

/** `FLUSHALL ASYNC` of 190 MB took 0.2 ms here, waiting for the memory to be freed 530 ms; a new server answered after 40 ms. */
export const EMPTY_LIMIT_MS = 50;
const PREPARE_RETRY_MS = 5_000;

/** Where the application finds it, inside the copy's folder. */
export function cacheSocketIn(copyFolder: string): string {
  return join(copyFolder, 'cache', 'redis.sock');
}

export function createCacheServer(options: CacheServerOptions): CacheServer {
  const { clock, log, launcher, folder, runFolder, logFolder, mostMb } = options;
  const socket = join(folder, 'redis.sock');
  mkdirSync(runFolder, { recursive: true, mode: 0o700 });
  const kept = createKeptProcess({ clock, log, launcher, name: 'redis', runFolder });
  let prepared: { text: string; user: UserIds | null } | null = null;
  let trouble: string | null = null;
  let notBefore: MonoMs = 0;

  const prepare = (port: number | null) => {
    const text = toServerConfig({ folder, socket, port, mostMb });
    if (prepared?.text === text) return prepared;
    const user = options.user();
    mkdirSync(folder, { recursive: true });
    if (user !== null) chownSync(folder, user.uid, user.gid);
    chmodSync(folder, 0o750);
    writeFileSync(join(folder, 'redis.conf'), text);
    prepared = { text, user };
    return prepared;
  };

  const start = async (port: number | null) => {
    const { text, user } = prepare(port);
    const outcome = await kept.keep(
      {
        command: ['redis-server', join(folder, 'redis.conf')],
        environment: { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' },
        cwd: folder,
        user,
        logFile: join(logFolder, 'cache.log'),
      },
      hashOf([text, user]),
    );
    if (outcome === 'running') trouble = null;
    if (outcome === 'died') trouble = 'its redis-server does not stay up (log/cache.log tells why)';
  };

  return {
    async keep(port) {
      if (clock.mono() < notBefore) return;
      try {
        await start(port);
      } catch (error) {
        notBefore = clock.mono() + PREPARE_RETRY_MS;
        trouble = `it cannot be started: ${reasonOf(error)}`;
        log.error({ err: error }, 'the cache cannot be started');
      }
    },
    stop: () => kept.stop(),
    running: () => kept.running(),
    ask: (words, limitMs) => options.ask(socket, words, limitMs),
    async empty() {
      if (!kept.running()) return { killed: false, how: 'nothing of it ran' };
      try {
        await options.ask(socket, ['FLUSHALL', 'ASYNC'], EMPTY_LIMIT_MS);
        return { killed: false, how: 'emptied' };
      } catch (error) {
        kept.kill();
        return {
          killed: true,
          how: `killed, for it did not let itself be emptied (${reasonOf(error)}); a new one begins empty`,
        };
      }
    },
    kill: () => kept.kill(),
    trouble: () => trouble,
  };
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
