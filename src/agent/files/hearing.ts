/**
 * Hears from the other zones' agents when visitors' files there have changed (`changes.ts`): one connection to each agent that somebody
 * here follows, however many sites that are.
 */
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { MonoMs } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { sealedGet } from '../sealed.ts';
import { SIGN_OF_LIFE_MS, type ToldStates } from './changes.ts';
import { CHANGES_PATH } from './module.ts';
import type { News } from './pace.ts';

export interface HearingOptions {
  clock: Clock;
  log: Log;
  clusterKey: string;
}

export interface Hearing {
  /** `agent`: `host:port`. `woken` is called whenever `news` is another. */
  follow(agent: string, module: string, woken: () => void): Followed;
  stop(): void;
}

export interface Followed {
  news(): News;
  end(): void;
}

const SILENT_MS = 3 * SIGN_OF_LIFE_MS;
const FIRST_RETRY_MS = 250;
const MOST_RETRY_MS = 5_000;
const MOST_LINE_CHARACTERS = 256 * 1024;

interface Peer {
  states: Map<string, string>;
  /** When it was last told nothing of a module that it had told of. */
  silentSince: Map<string, MonoMs>;
  /** Since when it is not reached, or was reached last. */
  since: MonoMs;
  followers: Map<string, Set<() => void>>;
  leave: AbortController;
}

export function createHearing(options: HearingOptions): Hearing {
  const { clock } = options;
  const peers = new Map<string, Peer>();

  const peerAt = (agent: string): Peer => {
    const known = peers.get(agent);
    if (known !== undefined) return known;
    const leave = new AbortController();
    const peer: Peer = { states: new Map(), silentSince: new Map(), since: clock.mono(), followers: new Map(), leave };
    peers.set(agent, peer);
    void listen(options, agent, peer);
    return peer;
  };

  return {
    follow(agent, module, woken) {
      const peer = peerAt(agent);
      const followers = peer.followers.get(module) ?? new Set<() => void>();
      peer.followers.set(module, followers.add(woken));
      return {
        news() {
          const state = peer.states.get(module);
          return state === undefined ? { silentSince: peer.silentSince.get(module) ?? peer.since } : { state };
        },
        end() {
          followers.delete(woken);
          if (followers.size === 0 && peer.followers.get(module) === followers) peer.followers.delete(module);
          if (peer.followers.size > 0 || peers.get(agent) !== peer) return;
          peer.leave.abort();
          peers.delete(agent);
        },
      };
    },
    stop() {
      for (const peer of peers.values()) peer.leave.abort();
      peers.clear();
    },
  };
}

/** Goes on until nobody follows that agent any more. */
async function listen({ clock, log, clusterKey }: HearingOptions, agent: string, peer: Peer): Promise<void> {
  const { signal } = peer.leave;
  for (let failures = 0; !signal.aborted; failures += 1) {
    let reachedAt: MonoMs | null = null;
    try {
      const response = await sealedGet({ clusterKey, address: agent, path: CHANGES_PATH, signal });
      if (response.statusCode !== 200) throw refusal(response);
      if (failures > 0) log.info({ agent }, 'told of changes of visitor files again');
      reachedAt = clock.mono();
      for await (const line of linesOf(response)) hear(peer, toldIn(line), clock.mono());
      throw new Error('it ended the connection');
    } catch (error) {
      if (reachedAt !== null && clock.mono() - reachedAt > MOST_RETRY_MS) failures = 0;
      const trouble = error instanceof Error ? error.message : String(error);
      if (failures === 0 && !signal.aborted)
        log.info({ agent, trouble }, 'not told of changes of visitor files; they are fetched every 5 s');
    }
    fallSilent(peer, clock.mono());
    await clock.sleep(Math.min(MOST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10)), signal);
  }
}

function refusal(response: IncomingMessage): Error {
  response.destroy();
  return new Error(`HTTP ${response.statusCode}`);
}

function hear(peer: Peer, { folders = {} }: ToldStates, now: MonoMs): void {
  for (const [module, state] of Object.entries(folders)) {
    const followers = peer.followers.get(module) ?? new Set<() => void>();
    if (state !== null) peer.states.set(module, state);
    else if (peer.states.delete(module) && followers.size > 0) peer.silentSince.set(module, now);
    if (state !== null) peer.silentSince.delete(module);
    for (const woken of followers) woken();
  }
}

function fallSilent(peer: Peer, now: MonoMs): void {
  peer.states.clear();
  peer.silentSince.clear();
  peer.since = now;
  for (const followers of peer.followers.values()) for (const woken of followers) woken();
}

/** Throws when the other side says nothing for so long that it must be gone, or too much at once. */
async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  response.setTimeout(SILENT_MS, () => response.destroy(new Error(`silent for ${SILENT_MS} ms`)));
  let rest = '';
  for await (const chunk of response.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MOST_LINE_CHARACTERS) throw new Error('a line is too long');
    yield* lines;
  }
}

const toldStates = z.object({ folders: z.record(z.string(), z.string().nullable()).optional() });

/** Throws on what is no line of `changes.ts`. */
function toldIn(line: string): ToldStates {
  return toldStates.parse(JSON.parse(line));
}
