/** The edge's data plane: where a request goes, when it is held, what becomes of it when that fails. The counterpart of src/edge/lua/dispatch.lua and hold.lua. */
import type { Tick } from '../../../src/edge/counters.ts';
import type { RouteRow } from '../../../src/edge/route-row.ts';
import type { EdgeId, Epoch, SiteId, ZoneId } from '../../../src/model/index.ts';
import type { WriteId } from '../../trace.ts';
import type { Process } from '../process.ts';
import type { World } from '../world.ts';
import { type Attempt, startAttempt } from './attempt.ts';
import { type AttemptEnd, type Counts, countEnd, newCounts, oldestOf, readCounts } from './counts.ts';
import { type Copy, CURIOUS_AFTER_MS, createHealth, type Health } from './health.ts';

const MOST_JUMPS = 8;
const MOST_FAILURES = 5;
const PAUSE_AFTER_FAILURE_MS = 50;
const HOLD_LIMIT_MS = 15_000;
const MOST_REARMS = 2;
/** Two workers, twenty each. */
const RELEASED_PER_TURN = 40;
const TURN_MS = 10;
const JUDGE_TURNS = 5;
const PROBE_EVERY_MS = 100;
const PROBE_CONNECT_MS = 250;
const PROBE_ANSWER_MS = 1_000;
const MOST_PROBES_PER_COPY = 4;
const CUT_AFTER_MS = [5, 100, 300];

export type VisitorEnd =
  | { kind: 'answered'; zone: ZoneId; heldMs: number }
  | { kind: 'failed'; outcome: 'unknown' | 'refused' | 'error' };

export interface VisitorRequest {
  site: SiteId;
  /** Null: a GET. */
  write: WriteId | null;
  end(result: VisitorEnd): void;
}

interface Request extends VisitorRequest {
  tries: number;
  jumps: number;
  failures: number;
  copy: Copy | null;
  epoch: Epoch;
  /** nginx may go to another copy by itself when this attempt fails. */
  more: boolean;
  attempt: Attempt | null;
  counts: Counts | null;
  bytesSent: boolean;
  heldMs: number;
  over: boolean;
  waiter: Waiter | null;
}

interface Waiter {
  request: Request;
  since: number;
  deadline: number;
  rearms: number;
  epoch: Epoch;
}

export interface SimDataPlane {
  /** Starts it with the rows on disk, unless it runs or may not. True: it was started. */
  ensure(): boolean;
  accept(request: VisitorRequest): { abandon(): void } | null;
  /** Applies rows; answers false when nobody is there to do it. */
  apply(rows: RouteRow[]): boolean;
  setQuiet(zones: Iterable<ZoneId>, awake: Iterable<ZoneId>): void;
  /** Null: it does not answer. */
  tick(): Tick | null;
  process(): Process | null;
}

/** `file`: the rows on disk, which the process beside it writes before it pushes them. */
export function createDataPlane(world: World, edge: EdgeId, file: ReadonlyMap<SiteId, RouteRow>): SimDataPlane {
  const seat = world.seats.of('data-plane', edge);
  let running: Running | null = null;
  return {
    ensure() {
      if (seat.process !== null) return false;
      const process = world.seats.spawn(seat);
      if (process === null) return false;
      running = new Running(world, edge, process);
      running.apply([...file.values()]);
      return true;
    },
    accept: (request) => (seat.process === null || running === null ? null : running.accept(request)),
    apply(rows) {
      if (seat.process?.state() !== 'running' || running === null) return false;
      running.apply(rows);
      return true;
    },
    setQuiet(zones, awake) {
      if (seat.process?.state() === 'running') running?.setQuiet(zones, awake);
    },
    tick: () => (seat.process?.state() === 'running' ? (running?.tick() ?? null) : null),
    process: () => seat.process,
  };
}

/** nginx's workers from one start to their end. */
class Running {
  readonly #world: World;
  readonly #edge: EdgeId;
  readonly #process: Process;
  readonly #health: Health;
  readonly #rows = new Map<SiteId, RouteRow>();
  readonly #copies = new Map<string, Copy>();
  readonly #counts = new Map<string, Counts>();
  readonly #underWay = new Set<Request>();
  /** By site and kind of request. */
  readonly #queues = new Map<string, Waiter[]>();
  readonly #kept = new Map<string, Process>();
  readonly #probes = new Map<string, { at: number; outstanding: number }>();
  #firstWrites: Tick['firstWrites'] = [];
  readonly #written = new Map<SiteId, Epoch>();
  #generation = 0;
  #slow = 0;
  #looping = false;
  #turns = 0;

  constructor(world: World, edge: EdgeId, process: Process) {
    this.#world = world;
    this.#edge = edge;
    this.#process = process;
    this.#health = createHealth(world.engine.now);
    process.onEnd(() => {
      for (const request of [...this.#underWay]) this.#finish(request, { kind: 'failed', outcome: lostWith(request) });
    });
  }

  accept(visit: VisitorRequest): { abandon(): void } {
    const request: Request = {
      ...visit,
      tries: 0,
      jumps: 0,
      failures: 0,
      copy: null,
      epoch: 0,
      more: false,
      attempt: null,
      counts: null,
      bytesSent: false,
      heldMs: 0,
      over: false,
      waiter: null,
    };
    this.#underWay.add(request);
    this.#process.deliver(() => this.#go(request));
    return {
      abandon: () => {
        request.over = true;
        this.#underWay.delete(request);
        this.#attemptEnded(request, null);
      },
    };
  }

  apply(rows: RouteRow[]): void {
    const { bug, happened } = this.#world;
    for (const row of rows) {
      const before = this.#rows.get(row.site);
      if (before !== undefined && row.epoch < before.epoch && !bug('edge-takes-lower-epoch')) continue;
      this.#rows.set(row.site, row);
      this.#generation += 1;
      if (before?.epoch !== row.epoch && row.live !== null)
        happened({ kind: 'route', edge: this.#edge, site: row.site, epoch: row.epoch, live: row.live.zone });
      if (before?.live && before.live.zone !== row.live?.zone) this.#leave(row.site, before.live.zone);
    }
  }

  /** Requests that hang in the copy that was live are cut loose. */
  #leave(site: SiteId, zone: ZoneId): void {
    const key = `${site}@${zone}`;
    for (const afterMs of CUT_AFTER_MS) {
      this.#process.clock.after(afterMs, () => {
        for (const request of [...this.#underWay])
          if (request.copy?.key === key && this.#rows.get(site)?.live?.zone !== zone) request.attempt?.cut();
      });
    }
  }

  setQuiet(zones: Iterable<ZoneId>, awake: Iterable<ZoneId>): void {
    for (const zone of zones) this.#health.quiet(zone);
    for (const zone of awake) this.#health.notQuiet(zone);
  }

  tick(): Tick {
    const now = this.#world.engine.now();
    const copies: Tick['copies'] = [];
    for (const counts of this.#counts.values()) {
      const read = readCounts(counts, now, this.#health.answeredAt(counts.copy.key));
      if (read !== null) copies.push(read);
    }
    const held = new Map<SiteId, { site: SiteId; count: number; longestMs: number }>();
    for (const queue of this.#queues.values()) {
      for (const { request, since } of queue) {
        const one = held.get(request.site) ?? { site: request.site, count: 0, longestMs: 0 };
        held.set(request.site, one);
        one.count += 1;
        one.longestMs = Math.max(one.longestMs, Math.round(now - since));
      }
    }
    const firstWrites = this.#firstWrites;
    this.#firstWrites = [];
    return { workers: [], copies, held: [...held.values()], firstWrites, generation: this.#generation };
  }

  #copy(site: SiteId, zone: ZoneId): Copy {
    const key = `${site}@${zone}`;
    let copy = this.#copies.get(key);
    if (copy === undefined) {
      copy = { key, site, zone };
      this.#copies.set(key, copy);
    }
    return copy;
  }

  /** The copies this kind of request may be sent to now, best first. */
  #openCopies(row: RouteRow, write: boolean): [Copy | null, Copy | null] {
    const live = row.live === null ? null : this.#copy(row.site, row.live.zone);
    const liveWell = live !== null && !this.#health.inTrouble(live) ? live : null;
    if (write) return [row.writable ? liveWell : null, null];
    const standby = row.standby === null ? null : this.#copy(row.site, row.standby.zone);
    const standbyWell = standby !== null && !this.#health.inTrouble(standby) ? standby : null;
    return liveWell !== null ? [liveWell, standbyWell] : [standbyWell, null];
  }

  #mayGo(row: RouteRow, write: boolean): boolean {
    return this.#openCopies(row, write)[0] !== null;
  }

  #go(request: Request): void {
    if (request.over) return;
    const row = this.#rows.get(request.site);
    if (row === undefined) {
      this.#finish(request, { kind: 'failed', outcome: 'refused' });
      return;
    }
    if (!this.#mayGo(row, request.write !== null)) {
      this.#hold(request, row);
      return;
    }
    request.tries = 0;
    request.copy = null;
    this.#balance(request, null);
  }

  #balance(request: Request, failed: AttemptEnd | null): void {
    const row = this.#rows.get(request.site)!;
    const [copy, other] = this.#nextCopy(request, row, failed);
    if (copy === null) {
      this.#again(request);
      return;
    }
    request.tries += 1;
    request.copy = copy;
    request.epoch = row.epoch;
    const mayImprove =
      request.write === null && request.failures < MOST_FAILURES - 1 && (!row.writable || copy.zone !== row.live?.zone);
    request.more = request.tries === 1 && (other !== null || mayImprove);
    this.#attempt(request, copy);
  }

  #nextCopy(request: Request, row: RouteRow, failed: AttemptEnd | null): [Copy | null, Copy | null] {
    const [first, second] = this.#openCopies(row, request.write !== null);
    if (failed === null) return [first, second];
    if (failed === 'refused') return [first ?? second, null];
    const tried = request.copy?.key;
    return [[first, second].find((copy) => copy !== null && copy.key !== tried) ?? null, null];
  }

  #attempt(request: Request, copy: Copy): void {
    const { engine } = this.#world;
    const counts = this.#counts.get(copy.key) ?? newCounts(copy);
    this.#counts.set(copy.key, counts);
    counts.attempts += 1;
    counts.touched = true;
    const application = this.#world.application(copy.site, copy.zone);
    const kept = request.write === null && this.#kept.get(copy.key) === application?.process && application !== null;
    request.counts = counts;
    request.attempt = startAttempt({
      world: this.#world,
      edge: this.#process,
      copy,
      write: request.write,
      kept,
      onSent: () => this.#sent(request, copy),
      onAnswer: (status, certain) => this.#answered(request, copy, status, certain),
      onFailure: (kind, connected) => this.#failed(request, copy, kind, connected),
    });
    counts.waiting.add(request.attempt);
    const { attempt } = request;
    engine.after(CURIOUS_AFTER_MS, () => {
      if (request.attempt === attempt && !request.over) this.#watchSlow();
    });
  }

  #sent(request: Request, copy: Copy): void {
    if (request.write === null || request.over) return;
    request.bytesSent = true;
    const { site, write, epoch } = request;
    this.#world.happened({ kind: 'write-dispatched', write, site, edge: this.#edge, zone: copy.zone, epoch });
  }

  #attemptEnded(request: Request, end: AttemptEnd | null): void {
    const { attempt, counts } = request;
    if (attempt === null || counts === null) return;
    request.attempt = null;
    counts.waiting.delete(attempt);
    attempt.forget();
    if (end !== null) countEnd(counts, end, this.#world.engine.now() - attempt.since);
  }

  #answered(request: Request, copy: Copy, status: number, certain: boolean): void {
    this.#attemptEnded(request, status >= 500 ? 'errors' : 'answered');
    this.#health.answered(copy);
    const application = this.#world.application(copy.site, copy.zone);
    if (application !== null) this.#kept.set(copy.key, application.process);
    if (request.over) return;
    if (status < 500) {
      if (request.write !== null) this.#noteFirstWrite(request);
      this.#finish(request, { kind: 'answered', zone: copy.zone, heldMs: request.heldMs });
      return;
    }
    if (request.more && request.write === null) {
      this.#balance(request, 'errors');
      return;
    }
    const outcome = request.write === null ? 'error' : certain ? 'refused' : 'unknown';
    this.#finish(request, { kind: 'failed', outcome });
  }

  #noteFirstWrite({ site, epoch }: Request): void {
    if ((this.#written.get(site) ?? 0) >= epoch) return;
    this.#written.set(site, epoch);
    this.#firstWrites.push({ site, epoch, at: this.#process.clock.wall() });
  }

  #failed(request: Request, copy: Copy, kind: 'refused' | 'timeouts', connected: boolean): void {
    this.#attemptEnded(request, kind);
    this.#kept.delete(copy.key);
    if (!connected) this.#health.eject(copy);
    if (request.over) return;
    if (request.more) this.#balance(request, kind);
    else this.#again(request);
  }

  #again(request: Request): void {
    const replays = this.#world.bug('replay-post');
    if (request.write !== null && request.bytesSent && !replays) {
      this.#finish(request, { kind: 'failed', outcome: 'unknown' });
      return;
    }
    request.jumps += 1;
    const giveUp = () =>
      this.#finish(request, { kind: 'failed', outcome: request.write === null ? 'error' : 'refused' });
    if (request.jumps >= MOST_JUMPS) {
      giveUp();
      return;
    }
    const row = this.#rows.get(request.site);
    if (row === undefined || row.epoch !== request.epoch || !this.#mayGo(row, request.write !== null)) {
      this.#go(request);
      return;
    }
    request.failures += 1;
    if (request.failures >= MOST_FAILURES) {
      giveUp();
      return;
    }
    this.#process.clock.after(PAUSE_AFTER_FAILURE_MS * 2 ** (request.failures - 1), () => this.#go(request));
  }

  #hold(request: Request, row: RouteRow): void {
    const key = request.site + (request.write === null ? ' r' : ' w');
    const queue = this.#queues.get(key) ?? [];
    this.#queues.set(key, queue);
    const now = this.#world.engine.now();
    const waiter = {
      request,
      since: now,
      deadline: request.waiter?.deadline ?? now + HOLD_LIMIT_MS,
      rearms: request.waiter?.rearms ?? 0,
      epoch: row.epoch,
    };
    request.waiter = waiter;
    queue.push(waiter);
    this.#loop();
  }

  #watchSlow(): void {
    this.#slow += 1;
    this.#loop();
  }

  /** One turn every 10 ms, as long as somebody is held or waits for long. */
  #loop(): void {
    if (this.#looping) return;
    this.#looping = true;
    const turn = () => {
      this.#turns += 1;
      this.#release();
      if (this.#turns % JUDGE_TURNS === 0) this.#judge();
      for (const copy of this.#health.takeWanted()) this.#probe(copy);
      if (this.#queues.size > 0 || this.#slow > 0) this.#process.clock.after(TURN_MS, turn);
      else this.#looping = false;
    };
    this.#process.clock.after(TURN_MS, turn);
  }

  #release(): void {
    const now = this.#world.engine.now();
    let budget = RELEASED_PER_TURN;
    for (const [key, queue] of this.#queues) {
      const row = this.#rows.get(key.slice(0, -2));
      const write = key.endsWith('w');
      const open = row !== undefined && this.#mayGo(row, write);
      let left = 0;
      for (const waiter of queue) {
        const { request } = waiter;
        if (request.over) continue;
        if (open && budget > 0) {
          budget -= 1;
          this.#let(waiter, now, () => this.#go(request));
        } else if (now < waiter.deadline || this.#rearm(waiter, row, now)) queue[left++] = waiter;
        else this.#let(waiter, now, () => this.#finish(request, { kind: 'failed', outcome: 'refused' }));
      }
      queue.length = left;
      if (left === 0) this.#queues.delete(key);
    }
  }

  #let({ request, since }: Waiter, now: number, then: () => void): void {
    request.heldMs += now - since;
    this.#process.clock.after(0, then);
  }

  /** The limit is over: was the request overtaken by a switch, so that it deserves another turn? */
  #rearm(waiter: Waiter, row: RouteRow | undefined, now: number): boolean {
    if (row === undefined || waiter.rearms >= MOST_REARMS || row.epoch === waiter.epoch) return false;
    waiter.rearms += 1;
    waiter.epoch = row.epoch;
    waiter.deadline = now + HOLD_LIMIT_MS;
    return true;
  }

  #judge(): void {
    const now = this.#world.engine.now();
    this.#slow = 0;
    for (const counts of this.#counts.values()) {
      const oldest = oldestOf(counts);
      if (oldest === null || now - oldest < CURIOUS_AFTER_MS) continue;
      this.#slow += 1;
      this.#health.judge(counts.copy, counts.waiting.size, oldest);
    }
  }

  /** `HEAD /` of a copy in trouble, so that no visitor's request has to find out. */
  #probe(copy: Copy): void {
    const { engine, net } = this.#world;
    const probes = this.#probes.get(copy.key) ?? { at: Number.NEGATIVE_INFINITY, outstanding: 0 };
    this.#probes.set(copy.key, probes);
    if (engine.now() - probes.at < PROBE_EVERY_MS || probes.outstanding >= MOST_PROBES_PER_COPY) return;
    probes.at = engine.now();
    probes.outstanding += 1;
    let over = false;
    const end = (kind: AttemptEnd) =>
      this.#process.deliver(() => {
        if (over) return;
        over = true;
        probes.outstanding -= 1;
        const counts = this.#counts.get(copy.key) ?? newCounts(copy);
        this.#counts.set(copy.key, counts);
        counts.attempts += 1;
        countEnd(counts, kind, engine.now() - probes.at);
        if (kind === 'answered' || kind === 'errors') this.#health.answered(copy);
        else if (kind === 'refused' || !connected) this.#health.eject(copy);
        if (connected && kind !== 'answered' && kind !== 'errors') this.#health.renewSuspicion(copy.key);
      });
    let connected = false;
    engine.after(PROBE_CONNECT_MS, () => connected || end('timeouts'));
    engine.after(PROBE_ANSWER_MS, () => end('timeouts'));
    engine.after(net.tripMs(this.#edge, copy.zone), () => {
      const application = this.#world.application(copy.site, copy.zone);
      const back = net.tripMs(copy.zone, this.#edge);
      if (application === null) return engine.after(back, () => end('refused'));
      engine.after(back, () => {
        connected = true;
      });
      application.handle(null, ({ status }) =>
        engine.after(net.tripMs(copy.zone, this.#edge), () => end(status >= 500 ? 'errors' : 'answered')),
      );
    });
  }

  #finish(request: Request, result: VisitorEnd): void {
    if (request.over) return;
    request.over = true;
    this.#underWay.delete(request);
    this.#attemptEnded(request, null);
    request.end(result);
  }
}

function lostWith(request: Request): 'unknown' | 'refused' | 'error' {
  if (request.write === null) return 'error';
  return request.bytesSent ? 'unknown' : 'refused';
}
