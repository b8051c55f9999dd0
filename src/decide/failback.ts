/**
 * Going home by itself, for sites whose policy asks for it: after a quiet time, inside a daily window, and never into doubt.
 *
 *   home is a spare ── prefer-home ──▶ home is the standby, growing ── record-in-sync ──▶ protected ── failback ──▶ live at home
 */
import type { DailyWindow, Failback, WallMs, ZoneId } from '../model/index.ts';
import type { Circumstances } from './circumstances.ts';
import { findingsAbout } from './findings.ts';
import { heldUntil } from './flapping.ts';
import { standbyUnwell, wouldNotHelp } from './helps.ts';
import { moveTo, type Objection } from './move.ts';
import { decision, NOTHING, type Outcome } from './outcome.ts';
import { noRoom } from './room.ts';
import { currentReport, isHealthy, type SiteView, type World } from './world.ts';

const OBJECTIONS: readonly Objection[] = [standbyUnwell, wouldNotHelp, noRoom];

/** After `prefer-home`, for which the quiet time was waited for already: so long in sync before the move itself. */
const SETTLED_MS = 60_000;
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;

/** The site lives elsewhere, wants to go home, and nothing speaks against either zone or the time. */
export function wantsHome(circumstances: Omit<Circumstances, 'because' | 'arrivals'>): boolean {
  const { site, world, findings, now } = circumstances;
  const { placement, spec } = site;
  const { failback } = spec.failover;
  const home = spec.zones[0]!;
  if (failback === null || placement.live === home || placement.incident !== null || !placement.inSync) return false;
  if (!isIn(failback.window, now) || !isQuiet(site, home, failback, now)) return false;
  const troubled = [home, placement.live].some((zone) => findingsAbout(findings, placement.site, zone).length > 0);
  return !troubled && findings.everywhere === null && follows(site, world, home);
}

/** Times are the records' own; a clock that went back only makes it wait longer, which costs nothing. */
function isQuiet({ placement, spec }: SiteView, home: ZoneId, { quietMs }: Failback, now: WallMs): boolean {
  const { decision, standby, moves, protectionSince, committedAt } = placement;
  const held = heldUntil(placement, spec.failover.backOffMs, now) !== null;
  if (now - (moves.at(-1)?.at ?? 0) < quietMs || held) return false;
  // In sync without an incident: nothing but `prefer-home` leads there, since every trouble's last word is `close-incident`.
  const preferred = decision === 'record-in-sync' && standby === home;
  return now - Math.max(protectionSince, committedAt) >= (preferred ? Math.min(SETTLED_MS, quietMs) : quietMs);
}

/** Is `now` inside the daily window? */
export function isIn(window: DailyWindow | null, now: WallMs): boolean {
  if (window === null) return true;
  const minute = Math.floor(now / MINUTE_MS) % DAY_MINUTES;
  const { fromMinute, toMinute } = window;
  return fromMinute < toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute;
}

/** The copy there is settled under this very placement, and follows as it should. */
function follows(site: SiteView, world: World, home: ZoneId): boolean {
  const { standby, spares } = site.placement;
  if (!isHealthy(world, home) || (standby !== home && !spares.includes(home))) return false;
  const database = currentReport(site, home)?.database;
  return database?.state === 'running' && database.ioRunning && database.sqlRunning;
}

/** One of the two steps. What speaks against it is no refusal: nothing is wrong, and the next night will do. */
export function goHome(circumstances: Circumstances): Outcome {
  const { placement, spec } = circumstances.site;
  const home = spec.zones[0]!;
  if (OBJECTIONS.some((objection) => objection({ ...circumstances, to: home }) !== null)) return NOTHING;
  return placement.standby === home ? planFailback(circumstances, home) : preferHome(circumstances, home);
}

/** The same fence as for a failover: the copy at home cuts its replication before it says that it is live. */
function planFailback({ site, arrivals, now }: Circumstances, home: ZoneId): Outcome {
  const { site: name, live } = site.placement;
  arrivals.note(live, home);
  const sentence = `${name} goes home from zone ${live} to zone ${home}, whose copy has every acknowledged write.`;
  return decision(site, 'failback', now, moveTo(site.placement, home, null, now), sentence);
}

/** One copy acknowledges, so that the two change places; until the one at home is in sync there is none that does. */
function preferHome({ site, now }: Circumstances, home: ZoneId): Outcome {
  const { site: name, standby, spares } = site.placement;
  const rest = spares.filter((zone) => zone !== home);
  return decision(
    site,
    'prefer-home',
    now,
    { standby: home, spares: standby === null ? rest : [standby, ...rest], inSync: false },
    `${name} makes its copy at home, in zone ${home}, the standby instead of zone ${standby}'s; it is exposed until that one is in sync.`,
  );
}
