/** What all requests of one data plane share: the route rows, the copies' health, and what is counted of them. */
import type { Tick, UnderWay } from '../../../src/edge/counters.ts';
import type { RouteRow } from '../../../src/edge/route-row.ts';
import type { EdgeId, Epoch, SiteId, ZoneId } from '../../../src/model/index.ts';
import type { Process } from '../process.ts';
import type { World } from '../world.ts';
import { type AttemptEnd, type Counts, countEnd, newCounts, oldestOf, readCounts } from './counts.ts';
import { type Copy, CURIOUS_AFTER_MS, createHealth, type Health } from './health.ts';

/** A site is held for so long at most while no newer row comes. */
const LET_GO_AFTER_MS = 3_000;

export class Table {
  readonly health: Health;
  readonly rows = new Map<SiteId, RouteRow>();
  readonly #world: World;
  readonly #edge: EdgeId;
  readonly #process: Process;
  readonly #copies = new Map<string, Copy>();
  readonly #counts = new Map<string, Counts>();
  readonly #written = new Map<SiteId, Epoch>();
  /** Until when a site whose row is `held` is held. */
  readonly #heldUntil = new Map<SiteId, number>();
  /** When it began to be held, and when somebody last was. */
  readonly #held = new Map<SiteId, { since: number; last: number; epoch: Epoch }>();
  readonly #letGo = new Map<SiteId, Epoch>();
  /** Requests passed on to a copy and not ended. */
  readonly #underWay = new Map<SiteId, number>();
  readonly #departed = new Set<SiteId>();
  readonly #failed = new Map<SiteId, number>();
  #newlyLetGo: Tick['letGo'] = [];
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
      if (row.gate !== 'held') {
        this.#heldUntil.delete(site);
        this.#tellHeld(site);
      } else if (before?.gate !== 'held' || before.epoch < epoch) {
        this.#tellHeld(site);
        const now = this.#world.engine.now();
        this.#heldUntil.set(site, now + LET_GO_AFTER_MS);
        this.#held.set(site, { since: now, last: now, epoch });
      }
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

  /** Nothing may be passed on under this row just now. */
  #holdsAll({ site, epoch, gate }: RouteRow): boolean {
    if (gate !== 'held') return false;
    const now = this.#world.engine.now();
    const held = this.#held.get(site);
    if (now < (this.#heldUntil.get(site) ?? 0) || this.#world.bug('edge-holds-for-ever')) {
      if (held !== undefined) held.last = now;
      return true;
    }
    this.#tellHeld(site);
    if (this.#letGo.get(site) !== epoch) this.#newlyLetGo.push({ site, epoch });
    this.#letGo.set(site, epoch);
    return false;
  }

  #tellHeld(site: SiteId): void {
    const held = this.#held.get(site);
    if (held === undefined) return;
    this.#held.delete(site);
    const { since, last, epoch } = held;
    this.#world.happened({ kind: 'held', edge: this.#edge, site, epoch, forMs: last - since });
  }

  /** The copies this kind of request may be sent to now, best first. */
  openCopies(row: RouteRow, write: boolean): [Copy | null, Copy | null] {
    if (this.#holdsAll(row)) return [null, null];
    const live = row.live === null ? null : this.#copy(row.site, row.live.zone);
    const liveWell = live !== null && !this.health.inTrouble(live) ? live : null;
    if (write) return [row.gate === 'shut' ? null : liveWell, null];
    const standby = row.standby === null ? null : this.#copy(row.site, row.standby.zone);
    const standbyWell = standby !== null && !this.health.inTrouble(standby) ? standby : null;
    return liveWell !== null ? [liveWell, standbyWell] : [standbyWell, null];
  }

  mayGo(row: RouteRow, write: boolean): boolean {
    return this.openCopies(row, write)[0] !== null;
  }

  /** A request is passed on. */
  depart(site: SiteId): void {
    this.#underWay.set(site, (this.#underWay.get(site) ?? 0) + 1);
    this.#departed.add(site);
  }

  /** It has ended, or is held again. True: it was the last one of a held site. */
  land(site: SiteId): boolean {
    const left = (this.#underWay.get(site) ?? 1) - 1;
    this.#underWay.set(site, left);
    this.#departed.add(site);
    return left === 0 && this.rows.get(site)?.gate === 'held';
  }

  failed(site: SiteId): void {
    this.#failed.set(site, (this.#failed.get(site) ?? 0) + 1);
  }

  /** What held sites have under way. */
  underHold(): UnderWay[] {
    return [...this.#heldUntil.keys()].map((site) => ({
      site,
      heldEpoch: this.rows.get(site)?.epoch ?? null,
      count: this.#underWay.get(site) ?? 0,
    }));
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
    const [firstWrites, letGo] = [this.#firstWrites, this.#newlyLetGo];
    [this.#firstWrites, this.#newlyLetGo] = [[], []];
    const failed = [...this.#failed].map(([site, count]) => ({ site, count }));
    this.#failed.clear();
    const underWay = this.underHold();
    for (const site of this.#departed)
      if (!this.#heldUntil.has(site)) underWay.push({ site, heldEpoch: null, count: this.#underWay.get(site) ?? 0 });
    this.#departed.clear();
    return { workers: [], copies, held, firstWrites, underWay, failed, letGo, generation: this.#generation };
  }
}
