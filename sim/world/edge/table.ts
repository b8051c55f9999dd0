/** What all requests of one data plane share: the route rows, the copies' health, and what is counted of them. */
import type { Tick } from '../../../src/edge/counters.ts';
import type { RouteRow } from '../../../src/edge/route-row.ts';
import type { EdgeId, Epoch, SiteId, ZoneId } from '../../../src/model/index.ts';
import type { Process } from '../process.ts';
import type { World } from '../world.ts';
import { type AttemptEnd, type Counts, countEnd, newCounts, oldestOf, readCounts } from './counts.ts';
import { type Copy, CURIOUS_AFTER_MS, createHealth, type Health } from './health.ts';

export class Table {
  readonly health: Health;
  readonly rows = new Map<SiteId, RouteRow>();
  readonly #world: World;
  readonly #edge: EdgeId;
  readonly #process: Process;
  readonly #copies = new Map<string, Copy>();
  readonly #counts = new Map<string, Counts>();
  readonly #written = new Map<SiteId, Epoch>();
  #firstWrites: Tick['firstWrites'] = [];
  #generation = 0;

  constructor(world: World, edge: EdgeId, process: Process) {
    this.#world = world;
    this.#edge = edge;
    this.#process = process;
    this.health = createHealth(world.engine.now);
  }

  /** Applies rows that are not older than the present ones; answers the copies that are live no more. */
  apply(rows: RouteRow[]): Copy[] {
    const { bug, happened } = this.#world;
    const left: Copy[] = [];
    for (const row of rows) {
      const { site, epoch, live } = row;
      const before = this.rows.get(site);
      if (before !== undefined && epoch < before.epoch && !bug('edge-takes-lower-epoch')) continue;
      this.rows.set(site, row);
      this.#generation += 1;
      if (before?.epoch !== epoch && live !== null)
        happened({ kind: 'route', edge: this.#edge, site, epoch, live: live.zone });
      if (before?.live && before.live.zone !== live?.zone) left.push(this.#copy(site, before.live.zone));
    }
    return left;
  }

  isLive({ site, zone }: Copy): boolean {
    return this.rows.get(site)?.live?.zone === zone;
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
  openCopies(row: RouteRow, write: boolean): [Copy | null, Copy | null] {
    const live = row.live === null ? null : this.#copy(row.site, row.live.zone);
    const liveWell = live !== null && !this.health.inTrouble(live) ? live : null;
    if (write) return [row.writable ? liveWell : null, null];
    const standby = row.standby === null ? null : this.#copy(row.site, row.standby.zone);
    const standbyWell = standby !== null && !this.health.inTrouble(standby) ? standby : null;
    return liveWell !== null ? [liveWell, standbyWell] : [standbyWell, null];
  }

  mayGo(row: RouteRow, write: boolean): boolean {
    return this.openCopies(row, write)[0] !== null;
  }

  /** An attempt at this copy begins. */
  attempt(copy: Copy): Counts {
    const counts = this.#counts.get(copy.key) ?? newCounts(copy);
    this.#counts.set(copy.key, counts);
    counts.attempts += 1;
    counts.touched = true;
    return counts;
  }

  attemptEnded(counts: Counts, end: AttemptEnd, since: number): void {
    countEnd(counts, end, this.#world.engine.now() - since);
  }

  /** Once per epoch: the first write that was answered under it. */
  noteWrite(site: SiteId, epoch: Epoch): void {
    if ((this.#written.get(site) ?? 0) >= epoch) return;
    this.#written.set(site, epoch);
    this.#firstWrites.push({ site, epoch, at: this.#process.clock.wall() });
  }

  /** Judges every copy by those who wait for it; answers how many copies somebody waits long for. */
  judge(): number {
    const now = this.#world.engine.now();
    let slow = 0;
    for (const counts of this.#counts.values()) {
      const oldest = oldestOf(counts);
      if (oldest === null || now - oldest < CURIOUS_AFTER_MS) continue;
      slow += 1;
      this.health.judge(counts.copy, counts.waiting.size, oldest);
    }
    return slow;
  }

  tick(held: Tick['held']): Tick {
    const now = this.#world.engine.now();
    const copies: Tick['copies'] = [];
    for (const counts of this.#counts.values()) {
      const read = readCounts(counts, now, this.health.answeredAt(counts.copy.key));
      if (read !== null) copies.push(read);
    }
    const firstWrites = this.#firstWrites;
    this.#firstWrites = [];
    return { workers: [], copies, held, firstWrites, generation: this.#generation };
  }
}
