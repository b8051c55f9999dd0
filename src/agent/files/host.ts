/** What the copies of a host share for their visitors' files, so that hundreds of sites cost few connections and few processes. */
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { createTurnstile, type Turnstile } from '../turnstile.ts';
import { type Changes, createChanges } from './changes.ts';
import { createHearing, type Hearing } from './hearing.ts';

export interface HostFiles {
  /** Of the sites that are live here. */
  changes: Changes;
  /** Of those that are live elsewhere. */
  hearing: Hearing;
  /** Each pull goes through it. */
  pulls: Turnstile;
  stop(): void;
}

export const MOST_PULLS = 10;

export function createHostFiles(options: { clock: Clock; log: Log; clusterKey: string }): HostFiles {
  const changes = createChanges(options);
  const hearing = createHearing(options);
  return {
    changes,
    hearing,
    pulls: createTurnstile(MOST_PULLS),
    stop() {
      changes.stop();
      hearing.stop();
    },
  };
}
