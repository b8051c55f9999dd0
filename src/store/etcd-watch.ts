/**
 * Watches the state through every etcd member at the same time, so that a dead, frozen or cut-off member delays nothing.
 *
 * Three things run side by side. One stream per member delivers changes; what several deliver is handed on once. A linearizable
 * read of the mark confirms, several times a second, that a majority answers and that everything it knows has arrived here;
 * when it has not, or after a silence, everything is read again. A check tells the listener when confirmations stop.
 * etcd3's own watcher is not used: it hides gaps, and resumes after what the server has, not after what it delivered.
 */
import { Etcd3, type IWatchResponse } from 'etcd3';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Members } from './ask.ts';
import { bytes, endOf, readPrefix } from './etcd-ops.ts';
import { MARK, STATE } from './keys.ts';
import { clientOptions } from './member.ts';
import { createMerge } from './merge.ts';
import type { WatchListener } from './store.ts';

const CONFIRM_EVERY_MS = 300;
/** No confirmation for so long: what is known may be old. */
const STALE_AFTER_MS = 1_500;
/** How long a change that the store already has may take to arrive on a stream before everything is read again. */
const ARRIVAL_MS = 500;
/** A stream is asked for a sign of life so often, and given up when it has shown none for `STREAM_SILENT_MS`. */
const STREAM_BEAT_MS = 400;
const STREAM_SILENT_MS = 1_200;
const REOPEN_PAUSE_MS = 150;

export interface EtcdWatchOptions {
  endpoints: string[];
  members: Members;
  clock: Clock;
  log: Log;
  listener: WatchListener;
}

/** Starts watching; the returned function ends it, and nothing is called after that. */
export function watchEtcd({ endpoints, members, clock, log, listener }: EtcdWatchOptions): () => void {
  const stop = new AbortController();
  const merge = createMerge(guard(listener, stop.signal, log));
  let fresh: boolean | null = null;
  let confirmedAt = clock.mono();
  let needsSnapshot = true;

  const say = (now: boolean) => {
    // `true` is repeated at each confirmation, so that a listener can tell how old the newest one is.
    if (!now && fresh === false) return;
    fresh = now;
    if (!now) needsSnapshot = true;
    if (!stop.signal.aborted) listener.fresh(now);
  };

  const confirm = async () => {
    const startedAt = clock.mono();
    if (!needsSnapshot) needsSnapshot = !(await hasEverything(members, clock, merge.revision, stop.signal));
    if (needsSnapshot) {
      const known = merge.revision();
      const { kvs, revision } = await readPrefix(members, STATE);
      if (stop.signal.aborted) return;
      merge.snapshot(kvs, BigInt(revision), known);
      needsSnapshot = false;
    }
    if (stop.signal.aborted) return;
    confirmedAt = startedAt;
    say(true);
  };

  const confirmAll = async () => {
    let following = false;
    while (!stop.signal.aborted) {
      try {
        await confirm();
        if (!following) {
          following = true;
          for (const endpoint of endpoints) void followMember(endpoint);
        }
        await clock.sleep(CONFIRM_EVERY_MS, stop.signal);
      } catch (error) {
        log.debug({ err: error }, 'the store did not confirm');
        await clock.sleep(50, stop.signal);
      }
    }
  };

  const followMember = async (endpoint: string) => {
    while (!stop.signal.aborted) {
      const ended = await followOnce(endpoint, clock, merge, stop.signal).catch(
        (error): StreamEnd => ({ gap: false, why: String(error) }),
      );
      if (ended.gap) needsSnapshot = true;
      log.debug({ endpoint, why: ended.why }, 'a watch stream ended');
      await clock.sleep(REOPEN_PAUSE_MS, stop.signal);
    }
  };

  const stopChecking = clock.every(100, () => {
    if (clock.mono() - confirmedAt > STALE_AFTER_MS) say(false);
  });
  void confirmAll();
  return () => {
    stop.abort();
    stopChecking();
  };
}

/** False when the store knows something that has not arrived here and does not arrive within `ARRIVAL_MS`. */
async function hasEverything(members: Members, clock: Clock, seen: () => bigint, stop: AbortSignal): Promise<boolean> {
  const before = seen();
  const value = await members.read('confirming', (member, ms) => member.range({ key: bytes(MARK) }, ms));
  // A store that is behind what it has already told us is another store: restored from a backup.
  if (BigInt(value.header.revision) < before) return false;
  const changedAt = BigInt(value.kvs[0]?.mod_revision ?? 0);
  const waitingSince = clock.mono();
  while (seen() < changedAt && !stop.aborted) {
    if (clock.mono() - waitingSince > ARRIVAL_MS) return false;
    await clock.sleep(10, stop);
  }
  return true;
}

interface StreamEnd {
  /** Changes may have been missed: everything has to be read again. */
  gap: boolean;
  why: string;
}

/** One stream to one member, from what is known here onwards, until it ends, fails or falls silent. */
async function followOnce(
  endpoint: string,
  clock: Clock,
  merge: ReturnType<typeof createMerge>,
  stop: AbortSignal,
): Promise<StreamEnd> {
  const client = new Etcd3(clientOptions(endpoint));
  const stream = await client.watchClient.watch();
  let heardAt = clock.mono();
  let stopBeating = () => {};
  let stopListening = () => {};
  try {
    return await new Promise<StreamEnd>((resolve) => {
      const stopped = () => resolve({ gap: false, why: 'stopped' });
      stop.addEventListener('abort', stopped, { once: true });
      stopListening = () => stop.removeEventListener('abort', stopped);
      stream.on('error', (error: Error) => resolve({ gap: false, why: error.message }));
      stream.on('end', () => resolve({ gap: false, why: 'ended by the member' }));
      stream.on('data', (response: IWatchResponse) => {
        heardAt = clock.mono();
        if (stop.aborted) return;
        if (response.canceled) {
          // What was compacted away has been missed only if no other stream brought it.
          const gap = merge.revision() + 1n < BigInt(response.compact_revision);
          resolve({ gap, why: `cancelled by the member: ${response.cancel_reason}` });
        } else if (!merge.events(response)) {
          resolve({ gap: true, why: 'something was deleted' });
        }
      });
      stream.write({
        create_request: { key: bytes(STATE), range_end: endOf(STATE), start_revision: String(merge.revision() + 1n) },
      });
      stopBeating = clock.every(STREAM_BEAT_MS, () => {
        if (clock.mono() - heardAt > STREAM_SILENT_MS) resolve({ gap: false, why: 'silent' });
        else stream.write({ progress_request: {} });
      });
    });
  } finally {
    stopBeating();
    stopListening();
    stream.cancel();
    client.close();
  }
}

/** The listener, silenced once the watch has been stopped, and its exceptions kept from the stream. */
function guard(listener: WatchListener, stop: AbortSignal, log: Log): WatchListener {
  const call =
    <A extends unknown[]>(work: (...args: A) => void) =>
    (...args: A) => {
      if (stop.aborted) return;
      try {
        work(...args);
      } catch (error) {
        log.error({ err: error }, 'a watch listener threw');
      }
    };
  return {
    snapshot: call((all) => listener.snapshot(all)),
    placement: call((placement) => listener.placement(placement)),
    site: call((site) => listener.site(site)),
    zone: call((zone) => listener.zone(zone)),
    edge: call((edge) => listener.edge(edge)),
    service: call((service) => listener.service?.(service)),
    claim: call((claim) => listener.claim?.(claim)),
    fresh: call((fresh) => listener.fresh(fresh)),
  };
}
