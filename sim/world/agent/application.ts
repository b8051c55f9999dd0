/** A copy's application: worker processes that answer visitors out of the copy's database. */

import type { SiteId, ZoneId } from '../../../src/model/index.ts';
import type { WriteId } from '../../trace.ts';
import type { Process } from '../process.ts';
import type { World } from '../world.ts';

/** `status` as a visitor gets it; `certain`: a failure that is known to have changed nothing. */
export interface Answer {
  status: number;
  certain: boolean;
}

export interface Application {
  process: Process;
  /** One request; `answer` is called once, or never. `write` null: it only reads. */
  handle(write: WriteId | null, answer: (answer: Answer) => void): void;
  /** Called when it ends: whoever is connected learns of it. */
  pending: Set<() => void>;
}

/** Requests handled at the same time; the next wait for their turn. */
const WORKERS = 48;

export function createApplication(world: World, process: Process, site: SiteId, zone: ZoneId): Application {
  const { engine, random } = world;
  const waiting: (() => void)[] = [];
  const pending = new Set<() => void>();
  process.onEnd(() => {
    for (const gone of pending) gone();
    pending.clear();
  });
  let busy = 0;
  let booted = false;
  engine.after(random.between(80, 400), () => {
    booted = true;
    while (busy < WORKERS && waiting.length > 0) waiting.shift()!();
  });

  const work = (write: WriteId | null, answer: (answer: Answer) => void) => {
    busy += 1;
    const end = (status: number, certain: boolean) =>
      process.deliver(() => {
        busy -= 1;
        answer({ status, certain });
        waiting.shift()?.();
      });
    engine.after(random.between(2, 8), () => process.deliver(() => serve(write, end)));
  };

  const serve = (write: WriteId | null, end: (status: number, certain: boolean) => void) => {
    const { appErrors, appHang, hung } = world.health(site, zone);
    if (appHang > 0) {
      hung.push(() => process.deliver(() => serve(write, end)));
      return;
    }
    if (random.chance(appErrors)) return end(500, true);
    const server = world.server(site, zone);
    if (server === null || !server.ready) return end(500, true);
    if (write === null) return server.process.deliver(() => end(200, true));
    server.commit(write, false, (outcome) => {
      if (outcome === 'ok') end(200, true);
      else end(outcome === 'lost' ? 500 : 503, outcome !== 'lost');
    });
  };

  return {
    process,
    pending,
    handle(write, answer) {
      process.deliver(() => {
        if (booted && busy < WORKERS) work(write, answer);
        else waiting.push(() => work(write, answer));
      });
    },
  };
}
