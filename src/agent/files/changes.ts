/**
 * Tells the other zones' agents at once when visitors' files of a site that is live here have changed. What is told is a state of each
 * folder, and the newest is all that matters: whoever missed some, or was not there, has missed nothing.
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { newId } from '../../platform/random.ts';
import { createTurnstile } from '../turnstile.ts';
import { createFolderBudget, mostFolders } from './folder-budget.ts';
import { type FolderWatchOptions, type FolderWatchTrouble, watchFolder } from './folder-watch.ts';
import { createSettle } from './settle.ts';

/** One line of what is told: by the name of its module, each folder's state; null: its changes are not noticed here. */
export interface ToldStates {
  folders?: Record<string, string | null> | undefined;
}

export interface ChangesOptions {
  clock: Clock;
  log: Log;
  /** How many folders may be watched in all. */
  most?: number;
  open?: FolderWatchOptions['open'];
}

export interface Changes {
  /** Watches one folder, under the name of its module, until the returned function is called. */
  watch(module: string, path: string): () => void;
  /** Answers with one `ToldStates` a line, all of them first, then what has changed; an empty one while nothing does. */
  serve(response: ServerResponse): void;
  stop(): void;
}

/** One for each other zone's agent, and some that have not noticed yet that they are cut off. */
export const MOST_LISTENERS = 20;
export const SIGN_OF_LIFE_MS = 4_000;
const MOST_IN_LINE = 500;
/** Of the four threads that Node has for files. */
const MOST_WALKS = 2;

interface Listener {
  /** Modules of which it has not been told the newest. */
  untold: Set<string>;
  tell(): void;
  end(): void;
}

export function createChanges(options: ChangesOptions): Changes {
  const { clock, log } = options;
  const budget = createFolderBudget(options.most ?? mostFolders());
  const walks = createTurnstile(MOST_WALKS);
  const states = new Map<string, string | null>();
  const watches = new Set<() => void>();
  const listeners = new Set<Listener>();
  /** No state is ever called as one was before this agent was started. */
  const incarnation = newId().slice(0, 8);
  let count = 0;

  const set = (module: string, watched: boolean) => {
    count += 1;
    states.set(module, watched ? `${incarnation}-${count}` : null);
    tellOf(module);
  };
  const tellOf = (module: string) => {
    for (const listener of listeners) {
      listener.untold.add(module);
      listener.tell();
    }
  };

  const watch = (module: string, path: string) => {
    const tellTrouble = createTroubleTeller(log, path);
    let watched = false;
    set(module, false);
    const settle = createSettle(clock, () => {
      if (watched) set(module, true);
    });
    const folder = watchFolder({
      clock,
      root: path,
      budget,
      walks,
      open: options.open,
      changed: settle.stir,
      watching(trouble) {
        const before = watched;
        watched = trouble === null;
        if (watched || before) set(module, watched);
        tellTrouble(trouble);
      },
    });
    const end = () => {
      if (!watches.delete(end)) return;
      settle.stop();
      folder.stop();
      states.delete(module);
      tellOf(module);
    };
    watches.add(end);
    return end;
  };

  const serve = (response: ServerResponse) => {
    if (listeners.size >= MOST_LISTENERS) {
      response.writeHead(503, { 'content-type': 'application/json' });
      response.end('{"error":"busy"}');
      return;
    }
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    const listener = createListener(response, states);
    listeners.add(listener);
    const stopSigns = clock.every(SIGN_OF_LIFE_MS, () => {
      if (!response.writableNeedDrain) response.write('{}\n');
    });
    response.on('drain', listener.tell);
    response.on('error', () => {});
    response.once('close', () => {
      stopSigns();
      listeners.delete(listener);
    });
    response.write('{}\n');
    listener.tell();
  };

  return {
    watch,
    serve,
    stop() {
      for (const end of watches) end();
      for (const listener of listeners) listener.end();
    },
  };
}

/** Once, however often it is tried again in vain; and when it is over. */
function createTroubleTeller(log: Log, path: string): (trouble: FolderWatchTrouble | null) => void {
  let told = false;
  return (trouble) => {
    if (trouble === null) {
      if (told) log.info({ path }, 'changes of visitor files are noticed at once again');
      told = false;
    } else if (trouble.worthTelling && !told) {
      told = true;
      const { sentence } = trouble;
      log.warn({ path, trouble: sentence }, 'visitor files are not watched; the other zones fetch them every 5 s');
    }
  };
}

function createListener(response: ServerResponse, states: ReadonlyMap<string, string | null>): Listener {
  const untold = new Set(states.keys());
  return {
    untold,
    tell() {
      while (untold.size > 0 && !response.writableNeedDrain && !response.destroyed) {
        const modules = [...untold].slice(0, MOST_IN_LINE);
        for (const module of modules) untold.delete(module);
        const folders = Object.fromEntries(modules.map((module) => [module, states.get(module) ?? null]));
        response.write(`${JSON.stringify({ folders } satisfies ToldStates)}\n`);
      }
    },
    end: () => response.destroy(),
  };
}
