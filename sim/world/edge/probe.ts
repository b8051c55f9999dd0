/** Asks a copy in trouble whether it answers again, so that no visitor's request has to find out: the counterpart of src/edge/lua/probe.lua. */
import type { Process } from '../process.ts';
import type { World } from '../world.ts';
import type { AttemptEnd } from './counts.ts';
import type { Copy } from './health.ts';
import type { Table } from './table.ts';

const EVERY_MS = 100;
const CONNECT_MS = 250;
const ANSWER_MS = 1_000;
const MOST_PER_COPY = 4;

/** The returned function asks, unless it has only just done so. */
export function createCopyProber(world: World, process: Process, table: Table): (copy: Copy) => void {
  const { engine, net } = world;
  const asked = new Map<string, { at: number; outstanding: number }>();

  const ask = (copy: Copy, done: (end: AttemptEnd, connected: boolean) => void) => {
    let connected = false;
    engine.after(CONNECT_MS, () => connected || done('timeouts', false));
    engine.after(ANSWER_MS, () => done('timeouts', connected));
    engine.after(net.tripMs(process.place, copy.zone), () => {
      const application = world.application(copy.site, copy.zone);
      const backMs = net.tripMs(copy.zone, process.place);
      engine.after(backMs, () => {
        connected = application !== null;
        if (application === null) done('refused', false);
      });
      application?.handle(null, ({ status }) => {
        const tripMs = net.tripMs(copy.zone, process.place);
        engine.after(tripMs, () => done(status >= 500 ? 'errors' : 'answered', true));
      });
    });
  };

  return (copy) => {
    const probes = asked.get(copy.key) ?? { at: Number.NEGATIVE_INFINITY, outstanding: 0 };
    asked.set(copy.key, probes);
    const since = engine.now();
    if (since - probes.at < EVERY_MS || probes.outstanding >= MOST_PER_COPY) return;
    probes.at = since;
    probes.outstanding += 1;
    let over = false;
    ask(copy, (end, connected) =>
      process.deliver(() => {
        if (over) return;
        over = true;
        probes.outstanding -= 1;
        table.attemptEnded(table.attempt(copy), end, since);
        if (end === 'answered' || end === 'errors') return table.health.answered(copy);
        if (end === 'refused' || !connected) table.health.eject(copy);
        if (connected) table.health.renewSuspicion(copy.key);
      }),
    );
  };
}
