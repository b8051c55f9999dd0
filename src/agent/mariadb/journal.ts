/** What was done lately, for the incident's chain: at most twenty actions, an action repeated under one epoch counted once. */
import type { ActionReport, Epoch, SiteId, ZoneId } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Action } from './plan.ts';

const KEEP = 20;

export interface Journal {
  list(): ActionReport[];
  write(
    action: Action | 'salvage',
    epoch: Epoch,
    startedAgoMs: number,
    outcome: ActionReport['outcome'],
    detail: string,
  ): void;
}

export function createJournal(clock: Clock, site: SiteId, zone: ZoneId): Journal {
  let entries: ActionReport[] = [];
  return {
    list: () => entries,
    write(action, epoch, startedAgoMs, outcome, detail) {
      const id = `${site}/${zone}/${epoch}/${action}`;
      const startedAt = Math.round(clock.wall() - startedAgoMs);
      const entry = { id, verb: action, epoch, startedAt, tookMs: Math.round(startedAgoMs), outcome, detail };
      // An action that failed again and again stays one entry: the newest attempt.
      entries = [...entries.filter((one) => one.id !== id), entry].slice(-KEEP);
    },
  };
}
