/** Going home by itself, for sites whose policy asks for it: after a quiet time, inside a daily window, by a planned move like any other. */
import type { Failback, WallMs, ZoneId } from '../model/index.ts';
import type { Circumstances } from './circumstances.ts';
import { isIn } from './daily-window.ts';
import { findingsAbout } from './findings.ts';
import { heldUntil } from './flapping.ts';
import { standbyUnwell, wouldNotHelp } from './helps.ts';
import type { Objection } from './move.ts';
import { inFreeze, planOrder } from './order.ts';
import { NOTHING, type Outcome } from './outcome.ts';
import { noRoom } from './room.ts';
import { currentReport, mayHoldRole, type SiteView, type World } from './world.ts';

const OBJECTIONS: readonly Objection[] = [standbyUnwell, wouldNotHelp, noRoom];

/** The site lives elsewhere, wants to go home, and nothing speaks against either zone or the time. */
export function wantsHome(
  circumstances: Omit<Circumstances, 'because' | 'arrivals' | 'handOvers' | 'practices'>,
): boolean {
  const { site, world, findings, now } = circumstances;
  const { placement, spec } = site;
  const { failback } = spec.failover;
  const home = spec.zones[0]!;
  if (failback === null || placement.live === home || placement.incident !== null || !placement.inSync) return false;
  if (placement.order !== null || placement.drill !== null) return false;
  if (!isIn(failback.window, now) || inFreeze(site, now) !== null || !isQuiet(site, failback, now)) return false;
  const troubled = [home, placement.live].some((zone) => findingsAbout(findings, placement.site, zone).length > 0);
  return !troubled && findings.everywhere === null && follows(site, world, home);
}

/** Times are the records' own; a clock that went back only makes it wait longer, which costs nothing. */
function isQuiet({ placement, spec }: SiteView, { quietMs }: Failback, now: WallMs): boolean {
  const { moves, protectionSince, committedAt } = placement;
  const held = heldUntil(placement, spec.failover.backOffMs, now) !== null;
  if (now - (moves.at(-1)?.at ?? 0) < quietMs || held) return false;
  return now - Math.max(protectionSince, committedAt) >= quietMs;
}

/** The copy there is settled under this very placement, and follows as it should. */
function follows(site: SiteView, world: World, home: ZoneId): boolean {
  const { standby, spares } = site.placement;
  if (!mayHoldRole(world, home) || (standby !== home && !spares.includes(home))) return false;
  const database = currentReport(site, home)?.database;
  return database?.state === 'running' && database.ioRunning && database.sqlRunning;
}

/** What speaks against it is no refusal: nothing is wrong, and the next night will do. A spare's application does not run yet. */
export function goHome(circumstances: Circumstances): Outcome {
  const { placement, spec } = circumstances.site;
  const home = spec.zones[0]!;
  const isStandby = placement.standby === home;
  const objections = isStandby ? OBJECTIONS : [noRoom];
  if (objections.some((objection) => objection({ ...circumstances, to: home }) !== null)) return NOTHING;
  const wish = {
    kind: 'failback',
    to: home,
    by: 'policy',
    why: 'it is quiet at home',
    drainMs: null,
    at: null,
  } as const;
  const outcome = planOrder(circumstances, wish);
  return outcome.kind === 'decision' ? outcome : NOTHING;
}
