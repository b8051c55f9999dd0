/** Keeps the status page at this edge the newest there is: asks one controller as long as it answers, then the next. */
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { foldersSchema, manifestSchema, type PageFiles } from './disk.ts';

const ASK_MS = 1_000;
const MANIFEST_WITHIN_MS = 2_000;
const FOLDERS_WITHIN_MS = 10_000;
const FOLDERS_AT_ONCE = 50;
/** Whoever renders has other things to do as well. */
const PAUSE_MS = 20;

export interface FollowOptions {
  clock: Clock;
  log: Log;
  clusterKey: string;
  files: PageFiles;
  /** `host:port`. */
  controllers(): string[];
}

export interface Follower {
  stop(): Promise<void>;
}

export function followStatusPage({ clock, log, clusterKey, files, controllers }: FollowOptions): Follower {
  const ending = new AbortController();
  let asked: string | null = null;
  let have = '';
  let silent = false;

  async function ask(controller: string, path: string, withinMs: number, body?: object): Promise<Response> {
    const response = await fetch(`http://${controller}/status-page/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${clusterKey}`, ...(body && { 'content-type': 'application/json' }) },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.any([AbortSignal.timeout(withinMs), ending.signal]),
    });
    if (!response.ok && response.status !== 304) {
      await response.body?.cancel();
      throw new Error(`${controller} answered ${response.status}`);
    }
    return response;
  }

  /** Everything as this controller has it. Throws when it does not come about. */
  async function follow(controller: string): Promise<void> {
    const at = clock.wall();
    const response = await ask(controller, `manifest?have=${have}`, MANIFEST_WITHIN_MS);
    if (response.status === 304) {
      await response.body?.cancel();
      return files.confirm(at);
    }
    const { version, folders } = manifestSchema.parse(await response.json());
    const stale = folders.filter(([path, wanted]) => files.versions.get(path) !== wanted).map(([path]) => path);
    for (let first = 0; first < stale.length; first += FOLDERS_AT_ONCE) {
      if (first > 0) await clock.sleep(PAUSE_MS, ending.signal);
      const paths = stale.slice(first, first + FOLDERS_AT_ONCE);
      const answer = await ask(controller, 'folders', FOLDERS_WITHIN_MS, { paths });
      for (const folder of foldersSchema.parse(await answer.json()).folders) files.put(folder);
    }
    files.settle(new Set(folders.map(([path]) => path)));
    have = version;
    files.confirm(at);
    log.debug({ folders: stale.length, version }, 'the status page is the newest');
  }

  async function turn(): Promise<void> {
    const all = controllers();
    const first = asked !== null && all.includes(asked) ? [asked] : [];
    for (const controller of [...first, ...all.filter((each) => each !== asked)]) {
      if (ending.signal.aborted) return;
      try {
        await follow(controller);
        if (silent) log.info({ controller }, 'the status page is followed again');
        silent = false;
        asked = controller;
        return;
      } catch (error) {
        log.debug({ controller, trouble: String(error) }, 'no status page from this controller');
      }
    }
    if (!silent && all.length > 0) log.warn('no controller gives the status page: visitors are told how old it is');
    silent = true;
  }

  let running: Promise<void> = Promise.resolve();
  const stop = clock.every(ASK_MS, () => {
    running = turn().catch((error) => log.error({ err: error }, 'following the status page failed'));
    return running;
  });
  return {
    stop: async () => {
      stop();
      ending.abort();
      await running;
    },
  };
}
