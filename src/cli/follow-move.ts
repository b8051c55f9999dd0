/** Follows one planned move by asking for the status again and again, and says each new thing once. */
import type { Incident, SiteStatus } from '../model/index.ts';
import { systemClock } from '../platform/clock.ts';
import type { Access } from './access.ts';
import { askSite } from './commands/status.ts';
import { askControllers } from './controllers.ts';
import { duration } from './screens/words.ts';

const LOOK_EVERY_MS = 250;
/** Live there, but not protected yet: so long is waited for that, then said. */
const PROTECTED_WITHIN_MS = 30_000;
/** Nobody answers for so long: the move goes on without anybody watching. */
const SILENT_MS = 30_000;

export interface Followed {
  access: Access;
  site: string;
  to: string;
  record: string | null;
  say(line: string): void;
}

export interface MoveEnd {
  outcome: 'moved' | 'called-off' | 'unknown';
  live: string;
  protected: boolean;
  tookMs: number;
  /** 0: moved; 5: called off; 3: nobody answers any more. */
  exitStatus: number;
}

/** Resolves when the site lives in `to` and is protected (or that takes long), or when the order is over without that. */
export async function followMove({ access, site, to, record, say }: Followed): Promise<MoveEnd> {
  const started = systemClock.mono();
  let movedAt: number | null = null;
  let heardAt = started;
  let last = '';
  for (;;) {
    const now = systemClock.mono();
    const seen = await askSite(access, site).catch(() => null);
    if (seen !== null) heardAt = now;
    else if (now - heardAt > SILENT_MS) {
      say('No controller answers any more. The move is carried on by whichever is left; ask holdfast status.');
      return { outcome: 'unknown', live: '', protected: false, tookMs: now - started, exitStatus: 3 };
    }
    if (seen !== null) {
      const words = wordsFor(seen, to);
      if (words !== last) say(`  ${duration(now - started).padStart(6)}  ${words}`);
      last = words;
      const end = { live: seen.live, protected: seen.protected, tookMs: Math.round(now - started) };
      if (isThere(seen, to)) {
        movedAt ??= now;
        if (seen.protected || now - movedAt > PROTECTED_WITHIN_MS) {
          say(seen.protected ? `${site} lives in zone ${to}.` : `${site} lives in zone ${to}; it is still exposed.`);
          if (record !== null) say(`The whole of it: holdfast incident ${record}`);
          return { ...end, outcome: 'moved', exitStatus: 0 };
        }
      } else if (seen.order === null && seen.live !== to) {
        say((await whyOver(access, record)) ?? `The move is over, and ${site} lives in zone ${seen.live}.`);
        return { ...end, outcome: 'called-off', exitStatus: 5 };
      }
    }
    await systemClock.sleep(LOOK_EVERY_MS);
  }
}

function isThere(site: SiteStatus, to: string): boolean {
  return site.live === to && site.order === null && site.phase !== 'promoting' && site.phase !== 'opening';
}

function wordsFor(site: SiteStatus, to: string): string {
  if (site.order !== null) return site.order.waitsFor;
  if (site.live !== to) return `lives in zone ${site.live}`;
  if (site.phase === 'promoting') return `zone ${to} is taking over`;
  if (site.phase === 'opening') return `zone ${to} is about to take writes`;
  return site.protected ? `live in zone ${to}, protected` : `live in zone ${to}, its next standby is being put in sync`;
}

/** The sentence with which the record ends. */
async function whyOver(access: Access, record: string | null): Promise<string | null> {
  if (record === null) return null;
  const path = `/incidents/${encodeURIComponent(record)}`;
  const answer = await askControllers<Incident>(access, path).catch(() => null);
  const ends = answer?.body.entries.filter(({ kind }) => kind === 'decision') ?? [];
  return ends.at(-1)?.sentence ?? null;
}
