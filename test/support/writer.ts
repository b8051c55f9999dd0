/** A visitor who writes rows with ids of their own, and remembers which of them were acknowledged. */
import { systemClock as clock } from '../../src/platform/clock.ts';
import type { TestZone } from './mariadb-zones.ts';

export interface Writer {
  acknowledged: Set<number>;
  attempted: Set<number>;
  /** The longest time from a write to its acknowledgement. */
  slowestMs(): number;
  /** Ends when the writes that are under way have ended. */
  stop(): Promise<void>;
}

let nextId = 1;

/** Several clients write into the zone until they are stopped; a failed write is not repeated. */
export function startWriter(zone: TestZone, clients = 3): Writer {
  const acknowledged = new Set<number>();
  const attempted = new Set<number>();
  let stopped = false;
  let slowestMs = 0;
  const loop = async () => {
    while (!stopped) {
      const id = nextId++;
      attempted.add(id);
      const startedAt = clock.mono();
      try {
        await zone.query(`INSERT INTO writes (id, text) VALUES (${id}, REPEAT('x', 200))`);
        acknowledged.add(id);
        slowestMs = Math.max(slowestMs, clock.mono() - startedAt);
      } catch {
        await clock.sleep(20);
      }
      await clock.sleep(2);
    }
  };
  const ended = Promise.all(Array.from({ length: clients }, loop));
  return {
    acknowledged,
    attempted,
    slowestMs: () => slowestMs,
    async stop() {
      stopped = true;
      await ended;
    },
  };
}

export const WRITES_TABLE = 'CREATE TABLE writes (id BIGINT PRIMARY KEY, text TEXT NOT NULL) ENGINE=InnoDB';

export async function idsIn(zone: TestZone): Promise<Set<number>> {
  const text = await zone.root('SELECT id FROM shop_db.writes ORDER BY id');
  return new Set(text === '' ? [] : text.split('\n').map(Number));
}

/** Those of `wanted` that are not in `present`. */
export function missing(wanted: Set<number>, present: Set<number>): number[] {
  return [...wanted].filter((id) => !present.has(id));
}
