/** What a copy remembers across its agent's restarts, on a simulated disk. */
import type { Memory } from '../../../src/agent/mariadb/memory.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import type { Random } from '../../random.ts';
import type { CopyDisk } from '../world.ts';

export function createSimMemory(disk: CopyDisk, clock: Clock, random: Random): Memory {
  /** Written beside its place, synced, renamed. */
  const durably = () => clock.sleep(random.between(0.5, 3));
  return {
    promotion: () => disk.promotion,
    async savePromotion(record) {
      await durably();
      disk.promotion = record;
    },
    gate: () => disk.gate,
    async saveGate(record) {
      if (record !== null) await durably();
      disk.gate = record;
    },
    created: () => disk.created,
    async saveCreated() {
      await durably();
      disk.created = true;
    },
    kept: () => disk.received !== null,
    refreshKept: async () => {},
    // A simulated commit is durable at once: what this is remembered for cannot happen here.
    keepsTail: () => false,
    saveKeepsTail: async () => {},
    complete: () => disk.complete,
    async saveComplete(complete) {
      if (complete) await durably();
      disk.complete = complete;
    },
    admitted: undefined,
    replayFailures: 0,
    diverged: null,
    outdated: null,
    starts: null,
    detour: null,
  };
}
