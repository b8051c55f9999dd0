/** The edge's data plane, nginx with its Lua: it goes on when the process beside it ends, and starts again from the rows on disk. */
import type { Tick, UnderWay } from '../../../src/edge/counters.ts';
import type { RouteRow } from '../../../src/edge/route-row.ts';
import type { EdgeId, SiteId, ZoneId } from '../../../src/model/index.ts';
import type { Process } from '../process.ts';
import type { World } from '../world.ts';
import { Dispatch } from './dispatch.ts';
import { createHoldQueues } from './hold.ts';
import { createCopyProber } from './probe.ts';
import type { VisitorRequest } from './request.ts';
import { Table } from './table.ts';

const TURN_MS = 10;
const JUDGE_TURNS = 5;
/** A worker's turn, on average, until its count of a held site is known to all. */
const COUNTED_AFTER_MS = 5;
/** When the workers look for sockets to the zone that was left: those still connecting are met later. */
const CUT_AFTER_MS = [5, 100, 300];

export interface SimDataPlane {
  /** Starts it with the rows on disk, unless it runs or may not. True: it was started. */
  ensure(): boolean;
  /** Null: nobody listens. */
  accept(request: VisitorRequest): { abandon(): void } | null;
  /** Applies rows; answers false when nobody is there to do it. */
  apply(rows: RouteRow[]): boolean;
  setQuiet(zones: Iterable<ZoneId>, awake: Iterable<ZoneId>): void;
  /** Null: it does not answer. */
  tick(): Tick | null;
  process(): Process | null;
  /** Who is told at once what held sites have under way, when that has become none. */
  listen(told: (underWay: UnderWay[]) => void): void;
}

type Workers = Pick<SimDataPlane, 'setQuiet'> & {
  accept(request: VisitorRequest): { abandon(): void };
  apply(rows: RouteRow[]): void;
  tick(): Tick;
};

/** `file`: the rows on disk, which the process beside it writes before it pushes them. */
export function createDataPlane(world: World, edge: EdgeId, file: ReadonlyMap<SiteId, RouteRow>): SimDataPlane {
  const seat = world.seats.of('data-plane', edge);
  let workers: Workers | null = null;
  let told: (underWay: UnderWay[]) => void = () => {};
  const running = () => (seat.process?.state() === 'running' ? workers : null);
  return {
    ensure() {
      if (seat.process !== null) return false;
      const process = world.seats.spawn(seat);
      if (process === null) return false;
      workers = startWorkers(world, edge, process, (underWay) => told(underWay));
      workers.apply([...file.values()]);
      return true;
    },
    accept: (request) => (seat.process === null || workers === null ? null : workers.accept(request)),
    apply(rows) {
      running()?.apply(rows);
      return running() !== null;
    },
    setQuiet: (zones, awake) => running()?.setQuiet(zones, awake),
    tick: () => running()?.tick() ?? null,
    process: () => seat.process,
    listen(other) {
      told = other;
    },
  };
}

/** nginx's workers from one start to their end. */
function startWorkers(world: World, edge: EdgeId, process: Process, told: (underWay: UnderWay[]) => void): Workers {
  const table = new Table(world, edge, process);
  const queues = createHoldQueues({
    now: world.engine.now,
    rowOf: (site) => table.rows.get(site),
    mayGo: (row, write) => table.mayGo(row, write),
    released: (request) => process.clock.after(0, () => dispatch.go(request)),
    late: (request) => dispatch.finish(request, { kind: 'failed', outcome: 'refused' }),
  });
  const dispatch = new Dispatch({
    world,
    edge,
    process,
    table,
    hold: (request, row) => {
      queues.hold(request, row);
      loop();
    },
    onSlow: () => {
      slow += 1;
      loop();
    },
    onDrained: () => tellDrained(),
  });
  const tellDrained = () => {
    process.clock.after(COUNTED_AFTER_MS, () => {
      const drained = table.underHold().filter(({ count }) => count === 0);
      if (drained.length > 0) told(drained);
    });
  };
  const probe = createCopyProber(world, process, table);
  let slow = 0;
  let turns = 0;
  let looping = false;

  /** One turn every 10 ms, as long as somebody is held or waits for long. */
  const turn = () => {
    turns += 1;
    queues.turn();
    if (turns % JUDGE_TURNS === 0) slow = table.judge();
    for (const copy of table.health.takeWanted()) probe(copy);
    looping = queues.anybody() || slow > 0;
    if (looping) process.clock.after(TURN_MS, turn);
  };
  const loop = () => {
    if (looping) return;
    looping = true;
    process.clock.after(TURN_MS, turn);
  };

  return {
    accept: (visit) => dispatch.accept(visit),
    apply(rows) {
      for (const copy of table.apply(rows))
        for (const afterMs of CUT_AFTER_MS)
          process.clock.after(afterMs, () => {
            if (!table.isLive(copy)) dispatch.cut(copy);
          });
      if (rows.some(({ gate }) => gate === 'held')) tellDrained();
    },
    setQuiet(zones, awake) {
      for (const zone of zones) table.health.quiet(zone);
      for (const zone of awake) table.health.notQuiet(zone);
    },
    tick: () => table.tick(queues.report()),
  };
}
