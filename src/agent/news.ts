/**
 * Notices when a copy has got to where a decision waits for it, so that this is told at once and not with the next report: a planned
 * move and a promotion consist of such waits.
 */
import { type CopyReport, type Placement, phaseOf, type SiteId } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';

export interface NewsOptions {
  clock: Clock;
  placements: ReadonlyMap<SiteId, Placement>;
  /** Null: there is no such copy here, or nothing is known of it. */
  report(site: SiteId): CopyReport | null;
  /** There is news. */
  tell(): void;
}

export interface NewsWatch {
  /** These sites' placements have changed. */
  changed(sites: Iterable<SiteId>): void;
  stop(): void;
}

const LOOK_EVERY_MS = 10;
/** When more than so many sites are waited for at once, there is something new in every report anyway. */
const MOST_WATCHED = 20;
/** Transactions older than this are what a move that is about to begin waits for. */
const OLD_TRANSACTION_MS = 1_000;

export function createNewsWatch({ clock, placements, report, tell }: NewsOptions): NewsWatch {
  const awaited = new Map<SiteId, string>();

  const look = () => {
    let looks = 0;
    let isNew = false;
    for (const [site, before] of awaited) {
      looks += 1;
      if (looks > MOST_WATCHED) break;
      const copy = report(site);
      const now = copy === null ? '' : stateOf(copy);
      if (now === before) continue;
      awaited.set(site, now);
      isNew = true;
    }
    if (isNew) tell();
  };

  /** Null while nothing is waited for. */
  let stopLooking: (() => void) | null = null;
  const stop = () => {
    stopLooking?.();
    stopLooking = null;
  };
  return {
    changed(sites) {
      for (const site of sites) {
        const placement = placements.get(site);
        if (placement !== undefined && isAwaited(placement)) awaited.set(site, awaited.get(site) ?? '');
        else awaited.delete(site);
      }
      if (awaited.size === 0) stop();
      else stopLooking ??= clock.every(LOOK_EVERY_MS, look);
    },
    stop,
  };
}

/** Something is under way that the copies' agents carry out and a controller writes down. */
export function isAwaited(placement: Placement): boolean {
  return placement.order !== null || (phaseOf(placement) !== 'protected' && phaseOf(placement) !== 'single');
}

/** Everything that a decision waits for, and nothing that changes all the time. Exported for its test. */
export function stateOf({ epoch, settled, promoted, initialised, database, application }: CopyReport): string {
  const { transactions } = database;
  return JSON.stringify([
    epoch,
    settled,
    promoted,
    initialised,
    database.state,
    database.writable,
    database.waitsFor,
    database.gatePosition,
    database.follows,
    database.acknowledges,
    database.sqlRunning,
    transactions === null ? null : transactions.open === 0,
    transactions === null ? null : transactions.oldestMs > OLD_TRANSACTION_MS,
    application.state,
  ]);
}
