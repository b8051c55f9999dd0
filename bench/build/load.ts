/** Visitors who write at a steady rate, whatever becomes of the writes before: how long each commit took, in the time that is asked about. */
import { systemClock as clock } from '../../src/platform/clock.ts';
import type { TestZone } from '../../test/support/mariadb-zones.ts';

export interface Load {
  /** Forgets what was measured so far. */
  begin(): void;
  /** What was measured since; the slowest includes writes that have not ended yet. */
  figures(): LoadFigures;
  stop(): Promise<void>;
}

export interface LoadFigures {
  writes: number;
  failed: number;
  p50Ms: number;
  p99Ms: number;
  worstMs: number;
  perSecond: number;
}

const CLIENTS = 4;
export const LOAD_TABLE = 'CREATE TABLE load_test (id BIGINT AUTO_INCREMENT PRIMARY KEY, text TEXT NOT NULL)';
const INSERT = "INSERT INTO load_test (text) VALUES (REPEAT('x', 200))";

export function startLoad(zone: TestZone, perSecond: number): Load {
  let took: number[] = [];
  let failed = 0;
  let since = clock.mono();
  let stopped = false;
  const waiting = new Set<number>();
  const client = async () => {
    let next = clock.mono();
    while (!stopped) {
      next = Math.max(next + (CLIENTS * 1_000) / perSecond, clock.mono() - 1_000);
      await clock.sleep(Math.max(0, next - clock.mono()));
      const startedAt = clock.mono();
      waiting.add(startedAt);
      await zone.query(INSERT).then(
        () => took.push(clock.mono() - startedAt),
        () => {
          failed += 1;
        },
      );
      waiting.delete(startedAt);
    }
  };
  const ended = Promise.all(Array.from({ length: CLIENTS }, client));
  return {
    begin() {
      took = [];
      failed = 0;
      since = clock.mono();
    },
    figures() {
      const now = clock.mono();
      const all = [...took, ...[...waiting].map((startedAt) => now - startedAt)].sort((one, other) => one - other);
      const at = (share: number) => all[Math.min(all.length - 1, Math.floor(all.length * share))] ?? 0;
      return {
        writes: took.length,
        failed,
        p50Ms: at(0.5),
        p99Ms: at(0.99),
        worstMs: all.at(-1) ?? 0,
        perSecond: took.length / ((now - since) / 1_000),
      };
    },
    async stop() {
      stopped = true;
      await ended;
    },
  };
}
