/** Follows one drill by asking again and again, and says each new thing once. */
import type { DrillResult } from '../model/index.ts';
import { systemClock } from '../platform/clock.ts';
import type { Access } from './access.ts';
import { askSite } from './commands/status.ts';
import { askControllers } from './controllers.ts';
import { duration } from './screens/words.ts';

/** As `GET /sites/:site/drills` answers. */
export interface DrillsView {
  site: string;
  drill: { id: string; fault: string; home: string; to: string; stage: string; stopped: string | null } | null;
  live: string;
  phase: string;
  results: DrillResult[];
}

const LOOK_EVERY_MS = 500;
/** Nobody answers for so long: the drill goes on without anybody watching. */
const SILENT_MS = 30_000;

export async function askDrills(access: Access, site: string): Promise<DrillsView | null> {
  const answer = await askControllers<DrillsView>(access, `/sites/${encodeURIComponent(site)}/drills`);
  return answer?.body ?? null;
}

export interface FollowedDrill {
  access: Access;
  site: string;
  id: string;
  say(line: string): void;
}

/** The result, and those before it; null: no controller answers any more. Ends when the drill does. */
export async function followDrill({ access, site, id, say }: FollowedDrill): Promise<DrillsView | null> {
  const started = systemClock.mono();
  let heardAt = started;
  let last = '';
  for (;;) {
    const view = await askDrills(access, site).catch(() => null);
    const now = systemClock.mono();
    if (view !== null) heardAt = now;
    else if (now - heardAt > SILENT_MS) return null;
    if (view?.results.some((result) => result.id === id)) return view;
    if (view !== null) {
      const words = wordsFor(view, await waitsFor(access, site));
      if (words !== last) say(`  ${duration(now - started).padStart(6)}  ${words}`);
      last = words;
    }
    await systemClock.sleep(LOOK_EVERY_MS);
  }
}

function wordsFor({ drill, live, phase }: DrillsView, waiting: string | null): string {
  if (drill === null) return 'over';
  const { home, to, stage, fault, stopped } = drill;
  if (phase === 'promoting' || phase === 'opening') return `zone ${live} is taking over`;
  if (stage === 'there') return `lives in zone ${live}, protected; quiet there for a moment`;
  if (stage === 'home') {
    const why = stopped === null ? '' : ` (stopped: ${stopped})`;
    return live === home ? `at home in zone ${home}${why}` : `going home to zone ${home}${why}${after(waiting)}`;
  }
  if (live !== home)
    return `lives in zone ${live}; ${phase === 'protected' ? 'protected' : 'exposed until it is in sync'}`;
  return fault === 'move' ? `leaving zone ${home} for zone ${to}${after(waiting)}` : `${fault} in zone ${home}`;
}

const after = (waiting: string | null): string => (waiting === null ? '' : `: ${waiting}`);

async function waitsFor(access: Access, name: string): Promise<string | null> {
  const site = await askSite(access, name).catch(() => null);
  return site?.order?.waitsFor ?? null;
}
