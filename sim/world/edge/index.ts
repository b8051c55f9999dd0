/** The edge program beside its data plane: routes follow placements, quiet zones are noticed, counts go to every controller. */
import { createRouteBook, createTrafficMeter } from '../../../src/edge/counters.ts';
import { createQuietJudge } from '../../../src/edge/quiet.ts';
import { type RouteRow, toLine, toRow } from '../../../src/edge/route-row.ts';
import type { EdgeId, EdgeReport, SiteId, ZoneId } from '../../../src/model/index.ts';
import type { Snapshot } from '../../../src/store/store.ts';
import { openView, type View } from '../../../src/store/view.ts';
import { controllersOf } from '../agent/index.ts';
import { createSimProber } from '../prober.ts';
import type { Process } from '../process.ts';
import { keepRegistering, keepView, keptOf, storeOf } from '../program.ts';
import { createSimPusher } from '../pusher.ts';
import { silentLog, type World } from '../world.ts';
import { createDataPlane, type SimDataPlane } from './data-plane.ts';
import type { VisitorRequest } from './request.ts';

/** While every zone has answered lately, every other look is left out: the judge takes gaps of up to 50 ms as they are. */
const QUIET_LOOK_MS = 20;
const LATELY_MS = 110;
const QUIET_MS = 200;
const TICK_MS = 100;
const PUSH_PAUSE_MS = 100;

export interface SimEdge {
  boot(): void;
  /** A visitor's request; null: nobody listens. */
  accept(request: VisitorRequest): { abandon(): void } | null;
}

export function createEdge(world: World, edge: EdgeId): SimEdge {
  const seat = world.seats.of('edge', edge);
  const file = new Map<SiteId, RouteRow>();
  const plane = createDataPlane(world, edge, file);
  let kept: Snapshot | null = null;

  const start = (process: Process) => {
    const started = plane.ensure();
    const store = storeOf(world, process);
    const view = openView({ store: keptOf(store, kept), clock: process.clock, cacheFile: null, log: silentLog() });
    keepView(process, view, (snapshot) => {
      // The bug `edge-takes-lower-epoch`: what it comes back with is what it once wrote down, and no more since.
      const once = kept?.placements.some(({ epoch }) => epoch >= 4) ?? false;
      if (!once || !world.bug('edge-takes-lower-epoch')) kept = snapshot;
    });
    const book = createRouteBook(process.clock);
    const pushRoutes = createRoutePusher(world, process, plane, file, book);
    followPlacements(view, pushRoutes);
    keepRegistering(world, process, () =>
      store.registerEdge({ edge, control: `${edge}:control`, visitors: `${edge}:visitors` }),
    );
    const prober = createSimProber(world, process, () => view.zones.keys());
    watchQuietZones(process, prober, plane, book, createTrafficMeter(started), (traffic) => {
      const incarnation = `${edge}-${world.nextId()}`;
      let sequence = 0;
      const report = (): EdgeReport => ({
        kind: 'edge',
        edge,
        incarnation,
        sequence: sequence++,
        sentAtMs: process.clock.mono(),
        probes: prober.probes(),
        traffic: traffic(),
        routes: book.tell(),
      });
      const pusher = createSimPusher(world, process, () => controllersOf(view.zones.values()), report);
      plane.listen((underWay) =>
        process.deliver(() => {
          if (book.count(underWay).length > 0) pusher.soon();
        }),
      );
      return pusher.soon;
    });
  };

  seat.boot = () => {
    const process = world.seats.spawn(seat);
    if (process !== null) start(process);
  };
  return { boot: seat.boot, accept: (request) => plane.accept(request) };
}

type Meter = ReturnType<typeof createTrafficMeter>;
type Book = ReturnType<typeof createRouteBook>;

/** Looks for quiet zones fifty times a second, and asks for counts ten times a second; a data plane that is gone is started again. */
function watchQuietZones(
  process: Process,
  prober: ReturnType<typeof createSimProber>,
  plane: SimDataPlane,
  book: Book,
  meter: Meter,
  /** Answers what is to be done when a held site has nothing under way any more. */
  begin: (traffic: Meter['take']) => () => void,
): void {
  const { clock } = process;
  const judge = createQuietJudge(QUIET_MS, clock.mono());
  let quiet: ReadonlySet<ZoneId> = new Set();
  let leaveOut = false;
  clock.every(QUIET_LOOK_MS, () => {
    leaveOut = !leaveOut && quiet.size === 0 && prober.oldestAnswerMs() < LATELY_MS;
    if (leaveOut) return;
    const now = judge.judge(prober.ages(), clock.mono());
    if (now.size === 0 && quiet.size === 0) return;
    const fresh = [...now].filter((zone) => !quiet.has(zone));
    const awake = [...quiet].filter((zone) => !now.has(zone));
    if (fresh.length > 0 || awake.length > 0) plane.setQuiet(fresh, awake);
    quiet = new Set(now);
  });
  clock.every(TICK_MS, () => {
    if (plane.process() === null) {
      if (plane.ensure()) meter.restarted();
      return;
    }
    plane.setQuiet(quiet, []);
    const tick = plane.tick();
    if (tick === null) return;
    meter.add(tick);
    if (book.add(tick).length > 0) drained();
  });
  const drained = begin(meter.take);
}

/** Keeps rows that are new on disk and pushes them, in order, until the data plane has taken them. */
function createRoutePusher(
  world: World,
  process: Process,
  plane: SimDataPlane,
  file: Map<SiteId, RouteRow>,
  book: Book,
): (rows: RouteRow[]) => void {
  const queue: RouteRow[][] = [];
  let busy = false;
  const next = () => {
    const rows = queue[0];
    busy = rows !== undefined;
    if (rows === undefined) return;
    process.clock.after(world.random.between(0.5, 3), () => {
      if (!plane.apply(rows)) return process.clock.after(PUSH_PAUSE_MS, next);
      book.routed(rows, process.clock.wall());
      queue.shift();
      next();
    });
  };
  const push = (rows: RouteRow[]) => {
    if (rows.length === 0) return;
    queue.push(rows);
    if (!busy) next();
  };
  push([...file.values()]);
  return (rows) => {
    const fresh = rows.filter((row) => {
      const before = file.get(row.site);
      const older = before !== undefined && row.epoch < before.epoch && !world.bug('edge-takes-lower-epoch');
      if (older || (before !== undefined && toLine(row) === toLine(before))) return false;
      file.set(row.site, row);
      return true;
    });
    push(fresh);
  };
}

function followPlacements(view: View, pushRoutes: (rows: RouteRow[]) => void): void {
  const push = (sites: Iterable<SiteId>) => {
    const rows = [...sites].flatMap((site) => {
      const record = view.sites.get(site);
      const placement = view.placements.get(site);
      return record && placement ? [toRow(record, placement, view.zones)] : [];
    });
    pushRoutes(rows);
  };
  push(view.sites.keys());
  view.onChange((sites) => push(sites.length > 0 ? sites : view.sites.keys()));
}
