/** Keeps the newest look at a copy's server: the counterpart of src/agent/mariadb/watcher.ts. */
import { createAges } from '../../../src/agent/mariadb/ages.ts';
import type { Observed } from '../../../src/agent/mariadb/plan.ts';
import type { Sample } from '../../../src/agent/mariadb/sampler.ts';
import type { SiteId, ZoneId } from '../../../src/model/index.ts';
import { look } from '../database/look.ts';
import type { Server } from '../database/server.ts';
import type { Process } from '../process.ts';
import type { World } from '../world.ts';

/** Three looks without an answer, 300 ms each, begun 20 ms apart. */
const SILENT_AFTER_MS = 960;

export interface SimWatcher {
  server(): Server | null;
  process(): { value: Observed['process']; since: number };
  sample(): Sample | null;
  heardAgoMs(): number | null;
  lag(): { ms: number; bytes: number } | null;
  transactions(): { open: number; oldestMs: number } | null;
  look(): void;
}

export interface WatcherOptions {
  world: World;
  process: Process;
  site: SiteId;
  zone: ZoneId;
  /** An action holds the server's locks: a late answer is no sign of illness. */
  busy(): boolean;
  /** Something was seen that may be new. */
  seen(): void;
  /** The server that was watched has ended. */
  ended(): void;
}

export function createSimWatcher({ world, process, site, zone, busy, seen, ended }: WatcherOptions): SimWatcher {
  const { clock } = process;
  let watched: Server | null = null;
  let newest: Sample | null = null;
  const ages = createAges();
  let missingSince: number | null = null;
  let heard: { text: string; at: number } | null = null;
  let state: { value: Observed['process']; since: number } = { value: 'none', since: clock.mono() };

  const refresh = () => {
    const server = world.server(site, zone);
    if (server !== watched) {
      watched = server;
      newest = null;
      ages.forget();
      missingSince = null;
      heard = null;
      server?.process.onEnd(() => process.deliver(ended));
    }
    const now = clock.mono();
    const silent = missingSince !== null && now - missingSince >= SILENT_AFTER_MS;
    const value = server === null ? 'none' : newest === null ? 'starting' : silent ? 'silent' : 'answering';
    if (value !== state.value) {
      state = { value, since: now };
      seen();
    }
    return state;
  };

  return {
    server: () => watched,
    process: refresh,
    sample: () => newest,
    heardAgoMs: () => (heard === null || newest === null || newest.follows === null ? null : clock.mono() - heard.at),
    lag: () => (newest === null || newest.follows === null ? null : ages.lag(newest, clock.mono())),
    transactions: () => (newest === null ? null : ages.transactions(newest, clock.mono())),
    look() {
      refresh();
      if (watched === null) return;
      const now = clock.mono();
      if (watched.running()) {
        const sample = look(watched, now);
        ages.see(sample);
        newest = sample.everHeard || !newest?.everHeard ? sample : { ...sample, everHeard: true };
        missingSince = null;
        if (heard?.text !== sample.heard) heard = { text: sample.heard, at: now };
        seen();
      } else if (busy()) missingSince = null;
      else missingSince ??= now;
      refresh();
    },
  };
}
