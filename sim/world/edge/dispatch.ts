/** One request's way: which copy it goes to, when it is held, what happens when that fails. The counterpart of src/edge/lua/dispatch.lua. */
import type { RouteRow } from '../../../src/edge/route-row.ts';
import type { EdgeId } from '../../../src/model/index.ts';
import type { Process } from '../process.ts';
import type { World } from '../world.ts';
import { startAttempt } from './attempt.ts';
import type { AttemptEnd } from './counts.ts';
import { type Copy, CURIOUS_AFTER_MS } from './health.ts';
import { lostWith, newRequest, type Request, type VisitorEnd, type VisitorRequest } from './request.ts';
import type { Table } from './table.ts';

const MOST_JUMPS = 8;
const MOST_FAILURES = 5;
const PAUSE_AFTER_FAILURE_MS = 50;

export interface DispatchOptions {
  world: World;
  edge: EdgeId;
  process: Process;
  table: Table;
  hold(request: Request, row: RouteRow): void;
  /** Somebody waits for long. */
  onSlow(): void;
  /** The last request under way of a held site has ended. */
  onDrained(): void;
}

export class Dispatch {
  readonly #options: DispatchOptions;
  readonly #underWay = new Set<Request>();
  /** Copies to which a connection is kept open, and the application at its other end. */
  readonly #kept = new Map<string, Process>();

  constructor(options: DispatchOptions) {
    this.#options = options;
    options.process.onEnd(() => {
      for (const request of [...this.#underWay]) this.finish(request, lostWith(request));
    });
  }

  accept(visit: VisitorRequest): { abandon(): void } {
    const request = newRequest(visit);
    this.#underWay.add(request);
    this.#options.process.deliver(() => this.go(request));
    return { abandon: () => this.#leave(request) };
  }

  /** Requests that hang in a copy that is live no more are cut loose. */
  cut(copy: Copy): void {
    for (const request of [...this.#underWay]) if (request.copy?.key === copy.key) request.attempt?.cut();
  }

  go(request: Request): void {
    if (request.over) return;
    const { table } = this.#options;
    const row = table.rows.get(request.site);
    if (row === undefined) this.finish(request, { kind: 'failed', outcome: 'refused' });
    else if (!table.mayGo(row, request.write !== null)) this.#options.hold(request, row);
    else {
      request.tries = 0;
      request.copy = null;
      this.#balance(request, null);
    }
  }

  #balance(request: Request, failed: AttemptEnd | null): void {
    const row = this.#options.table.rows.get(request.site)!;
    const [copy, other] = this.#nextCopy(request, row, failed);
    if (copy === null) {
      this.#again(request);
      return;
    }
    request.tries += 1;
    request.copy = copy;
    request.epoch = row.epoch;
    const mayImprove =
      request.write === null &&
      request.failures < MOST_FAILURES - 1 &&
      (row.gate === 'shut' || copy.zone !== row.live?.zone);
    request.more = request.tries === 1 && (other !== null || mayImprove);
    this.#attempt(request, copy);
  }

  #nextCopy(request: Request, row: RouteRow, failed: AttemptEnd | null): [Copy | null, Copy | null] {
    const [first, second] = this.#options.table.openCopies(row, request.write !== null);
    if (failed === null) return [first, second];
    if (failed === 'refused') return [first ?? second, null];
    const tried = request.copy?.key;
    return [[first, second].find((copy) => copy !== null && copy.key !== tried) ?? null, null];
  }

  #attempt(request: Request, copy: Copy): void {
    const { world, process, table, onSlow } = this.#options;
    if (!request.departed) table.depart(request.site);
    request.departed = true;
    const counts = table.attempt(copy);
    const application = world.application(copy.site, copy.zone)?.process;
    const attempt = startAttempt({
      world,
      edge: process,
      copy,
      write: request.write,
      kept: request.write === null && application !== undefined && this.#kept.get(copy.key) === application,
      onSent: () => this.#sent(request, copy),
      onAnswer: (status, certain) => this.#answered(request, copy, status, certain),
      onFailure: (kind, connected) => this.#failed(request, copy, kind, connected),
    });
    request.counts = counts;
    request.attempt = attempt;
    counts.waiting.add(attempt);
    world.engine.after(CURIOUS_AFTER_MS, () => {
      if (request.attempt === attempt && !request.over) onSlow();
    });
  }

  #sent(request: Request, copy: Copy): void {
    if (request.write === null || request.over) return;
    request.bytesSent = true;
    const { site, write, epoch } = request;
    const { world, edge } = this.#options;
    world.happened({ kind: 'write-dispatched', write, site, edge, zone: copy.zone, epoch });
  }

  /** `end` null: nobody's fault. */
  #attemptEnded(request: Request, end: AttemptEnd | null): void {
    const { attempt, counts } = request;
    if (attempt === null || counts === null) return;
    request.attempt = null;
    counts.waiting.delete(attempt);
    attempt.forget();
    if (end !== null) this.#options.table.attemptEnded(counts, end, attempt.since);
  }

  #answered(request: Request, copy: Copy, status: number, certain: boolean): void {
    const { world, table } = this.#options;
    this.#attemptEnded(request, status >= 500 ? 'errors' : 'answered');
    table.health.answered(copy);
    const application = world.application(copy.site, copy.zone);
    if (application !== null) this.#kept.set(copy.key, application.process);
    if (request.over) return;
    if (status < 500) {
      if (request.write !== null) table.noteWrite(request.site, request.epoch);
      this.finish(request, { kind: 'answered', zone: copy.zone, heldMs: request.heldMs });
    } else if (request.more && request.write === null) {
      this.#balance(request, 'errors');
    } else {
      const outcome = request.write === null ? 'error' : certain ? 'refused' : 'unknown';
      this.finish(request, { kind: 'failed', outcome });
    }
  }

  #failed(request: Request, copy: Copy, kind: 'refused' | 'timeouts', connected: boolean): void {
    this.#attemptEnded(request, kind);
    this.#kept.delete(copy.key);
    if (!connected) this.#options.table.health.eject(copy);
    if (request.over) return;
    if (request.more) this.#balance(request, kind);
    else this.#again(request);
  }

  /** There is no answer to pass on. Anything but a GET whose bytes were sent is never sent again (I9). */
  #again(request: Request): void {
    const { world, table, process } = this.#options;
    const giveUp = request.write === null ? ('error' as const) : ('refused' as const);
    if (request.write !== null && request.bytesSent && !world.bug('replay-post')) {
      this.finish(request, { kind: 'failed', outcome: 'unknown' });
      return;
    }
    this.#land(request);
    request.jumps += 1;
    const row = table.rows.get(request.site);
    const changed = row?.epoch !== request.epoch || !table.mayGo(row, request.write !== null);
    if (!changed) request.failures += 1;
    if (request.jumps >= MOST_JUMPS || request.failures >= MOST_FAILURES) {
      this.finish(request, { kind: 'failed', outcome: giveUp });
    } else if (changed) {
      this.go(request);
    } else {
      process.clock.after(PAUSE_AFTER_FAILURE_MS * 2 ** (request.failures - 1), () => this.go(request));
    }
  }

  #land(request: Request): void {
    if (!request.departed) return;
    request.departed = false;
    if (this.#options.table.land(request.site)) this.#options.onDrained();
  }

  #leave(request: Request): void {
    request.over = true;
    this.#land(request);
    this.#underWay.delete(request);
    this.#attemptEnded(request, null);
  }

  finish(request: Request, result: VisitorEnd): void {
    if (request.over) return;
    if (result.kind === 'failed') this.#options.table.failed(request.site);
    this.#leave(request);
    request.end(result);
  }
}
