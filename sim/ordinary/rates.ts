/**
 * The table of ordinary trouble: how often each kind comes in one zone in one year, and why that is thought to be so. Frequencies
 * are set rather high: what is rarer in reality is tried more often than it needs to be. docs/reference/false-alarms.md shows it.
 */
import type { Effect } from './conditions.ts';
import type { Draw } from './troubles.ts';
import * as troubles from './troubles.ts';

export interface TroubleKind {
  name: string;
  perZoneYear: number;
  /** Length and strength, in words. */
  shape: string;
  /** Source of the rate, or the reasoning. */
  why: string;
  /** `all`: the controllers see different things, so each is simulated; `one`: they hear the same, one of them is drawn. */
  controllers: 'one' | 'all';
  /** True: an outage, if a short one, that ends by itself; a move in its midst is counted apart. */
  outage?: boolean;
  draw(draw: Draw): Effect[];
}

/** The detector cannot tell silences apart that differ by less than a probe and a report. */
export const RESOLUTION_MS = 200;
/** Of a whole zone's silence: below, no site may move; from here on it is an outage that ended by itself. */
export const SILENCE_OUTAGE_MS = 600 - RESOLUTION_MS;

export const KINDS: readonly TroubleKind[] = [
  {
    name: 'edge-way-blip',
    perZoneYear: 8,
    shape: 'the way between one edge and one zone is cut for 0.2–3 s, one in five in one direction only',
    why: 'routing reconverges within seconds; links fail daily in any large network (Gill et al., SIGCOMM 2011); one in six weeks for a zone and one of its edges',
    controllers: 'all',
    draw: troubles.edgeWayBlip,
  },
  {
    name: 'zone-way-blip',
    perZoneYear: 4,
    shape: 'the way between two zones is cut for 0.2–3 s',
    why: 'zones of a region are linked redundantly; a switch-over of a link every quarter',
    controllers: 'all',
    draw: troubles.zoneWayBlip,
  },
  {
    name: 'zone-blip',
    perZoneYear: 6,
    shape: `every way of one zone is cut for 0.1–${SILENCE_OUTAGE_MS / 1_000} s`,
    why: 'a live migration of the host or a fail-over of the zone’s router; hosting platforms announce maintenance every few weeks, and every second month it is felt',
    controllers: 'all',
    draw: (draw) => troubles.zoneBlip(draw, SILENCE_OUTAGE_MS),
  },
  {
    name: 'zone-silence',
    perZoneYear: 1,
    shape: `every way of one zone is cut for ${SILENCE_OUTAGE_MS / 1_000}–3 s`,
    why: 'the same, gone badly; no ordinary trouble but an outage that ends by itself, so moves are counted apart',
    controllers: 'all',
    outage: true,
    draw: (draw) => troubles.zoneSilence(draw, SILENCE_OUTAGE_MS),
  },
  {
    name: 'lossy-link',
    perZoneYear: 1.5,
    shape: 'one way loses 5–50 % of its packets for 10–60 s, one in three in one direction only',
    why: 'a failing optic or a full queue, until somebody takes the link out (Bailis and Kingsbury, The Network is Reliable, 2014)',
    controllers: 'all',
    draw: troubles.lossyLink,
  },
  {
    name: 'zone-loss',
    perZoneYear: 0.5,
    shape: 'all ways of one zone lose 1–15 % for 5–40 s',
    why: 'an overloaded uplink, a few minutes a year',
    controllers: 'all',
    draw: troubles.zoneLoss,
  },
  {
    name: 'observer-pauses',
    perZoneYear: 6,
    shape: 'one agent, controller or edge process stands still for 0.2–5 s',
    why: 'garbage collection, swapping, a stolen CPU, a debugger, a restart: every second month one of a zone’s programs or edges',
    controllers: 'all',
    draw: troubles.observerPauses,
  },
  {
    name: 'observer-overloaded',
    perZoneYear: 2,
    shape: 'one observer stutters (50–900 ms at a time) and its reports come 0.05–1.5 s late, for 2–15 s',
    why: 'a noisy neighbour on the same host, twice a year',
    controllers: 'all',
    draw: troubles.observerOverloaded,
  },
  {
    name: 'edge-cut-off',
    perZoneYear: 2,
    shape: 'one edge loses all its ways (cut, or 20–80 % loss) or two of three, for 0.3–12 s',
    why: 'an edge stands in a data centre with troubles of its own',
    controllers: 'all',
    draw: troubles.edgeCutOff,
  },
  {
    name: 'clock-jumps',
    perZoneYear: 1,
    shape: 'the wall clock of one zone is 0.5 s – 2 h off for a few seconds',
    why: 'a bad time server; leap smearing',
    controllers: 'all',
    draw: troubles.clockJumps,
  },
  {
    name: 'release-breaks-site',
    perZoneYear: 4,
    shape:
      'one site answers 2–100 % of requests with 5xx in all zones, for 6–50 s; its readiness page perhaps too; the same requests again and again, or by chance',
    why: 'ten sites, a release a month each, one in ten bad (DORA reports change failure rates of 5–15 %): twelve a year for three zones; files and database are the same in all zones',
    controllers: 'one',
    draw: troubles.releaseBreaksSite,
  },
  {
    name: 'release-breaks-all',
    perZoneYear: 0.4,
    shape: 'the same for all sites within half a second',
    why: 'a change of the platform (PHP, a shared plug-in) pushed everywhere; changes cause about 70 % of outages (SRE book, chapter 1)',
    controllers: 'one',
    draw: troubles.releaseBreaksAll,
  },
  {
    name: 'release-rolls',
    perZoneYear: 0.4,
    shape: 'the same for some or all sites, zone by zone, 3–15 s apart',
    why: 'the same, pushed with care; in between moving helps, and such moves are right',
    controllers: 'one',
    draw: troubles.releaseRolls,
  },
  {
    name: 'release-breaks-copy',
    perZoneYear: 1,
    shape: 'one site breaks in one zone only, for 6–50 s',
    why: 'a release that reached one zone, a full opcode cache, a wrong file; moving helps when it is the live copy',
    controllers: 'one',
    draw: troubles.releaseBreaksCopy,
  },
  {
    name: 'bot-storm',
    perZoneYear: 3,
    shape:
      'one site gets 5–50 times its requests for 6–30 s, 2–20 times slower, up to 50 % 5xx; its neighbours up to 2.5 times slower',
    why: 'crawlers and log-in guessers find every site about once a year',
    controllers: 'one',
    draw: troubles.botStorm,
  },
  {
    name: 'backup',
    perZoneYear: 12,
    shape: 'everything in one zone 1.3–4 times slower for 6–25 s, in surges twice that; small writes take up to 600 ms',
    why: 'every night there is one, and nights differ from the day by no more than the daily tide; once a month it is a full one that is felt, and its heavy phase is simulated',
    controllers: 'one',
    draw: troubles.backup,
  },
  {
    name: 'load-changes',
    perZoneYear: 2,
    shape: 'one or all sites go to 2–5 times (or a twentieth to half of) their requests within seconds, nothing breaks',
    why: 'a newsletter, a broadcast, a cache emptied; the daily tide itself is slower: it is drawn for every installation (0.2–1.5 times), and how much it has turned lately for every episode (up to 1.5 times)',
    controllers: 'one',
    draw: troubles.loadChanges,
  },
  {
    name: 'many-not-found',
    perZoneYear: 0.5,
    shape: 'one site gets 3–15 times its requests for what does not exist',
    why: 'scanners; 404 is an answer, not a failure',
    controllers: 'one',
    draw: troubles.manyNotFound,
  },
  {
    name: 'attack-on-all',
    perZoneYear: 0.5,
    shape: 'all sites get 4–10 times their requests, 5–40 % 5xx everywhere, not alike in all zones',
    why: 'twice a year for an installation',
    controllers: 'one',
    draw: troubles.attackOnAll,
  },
  {
    name: 'shared-upstream',
    perZoneYear: 1,
    shape: 'some sites of all zones fail 10–50 % of requests for 5–40 s',
    why: 'a payment or mail service has an hour a year of trouble, in three pieces',
    controllers: 'one',
    draw: troubles.sharedUpstream,
  },
  {
    name: 'database-locked',
    perZoneYear: 3,
    shape: 'one site answers 50–100 % with 5xx for 0.5–3 s, its live copy only',
    why: 'a schema change or an unindexed report, once a month somewhere in the installation',
    controllers: 'one',
    outage: true,
    draw: troubles.databaseLocked,
  },
  {
    name: 'application-restarts',
    perZoneYear: 3,
    shape: 'one copy refuses or hangs for 0.1–1.9 s, then is slow for up to 5 s',
    why: 'a configuration change, a certificate, a worker out of memory',
    controllers: 'one',
    outage: true,
    draw: troubles.applicationRestarts,
  },
  {
    name: 'two-at-once',
    perZoneYear: 1.5,
    shape: 'two of the above at once, the second within 2 s of the first',
    why: 'by chance alone far rarer; but troubles have common causes',
    controllers: 'all',
    draw: (draw) => {
      const [first, second] = [drawKind(draw.chance.next()), drawKind(draw.chance.next())];
      const lateMs = draw.chance.between(0, 2_000);
      return [...first.draw(draw), ...second.draw(draw).map((effect) => later(effect, lateMs))];
    },
  },
];

export const EPISODES_PER_ZONE_YEAR = KINDS.reduce((sum, { perZoneYear }) => sum + perZoneYear, 0);

/** The kind at this place (0–1) of all, each as broad as it is frequent; two at once and silences are not drawn into two at once. */
function drawKind(place: number): TroubleKind {
  const ordinary = KINDS.filter(({ name }) => name !== 'two-at-once' && name !== 'zone-silence');
  return weighted(ordinary, place);
}

export function kindAt(place: number): TroubleKind {
  return weighted(KINDS, place);
}

function weighted(kinds: readonly TroubleKind[], place: number): TroubleKind {
  let left = place * kinds.reduce((sum, { perZoneYear }) => sum + perZoneYear, 0);
  for (const kind of kinds) {
    left -= kind.perZoneYear;
    if (left < 0) return kind;
  }
  return kinds.at(-1)!;
}

export function later(effect: Effect, byMs: number): Effect {
  return { ...effect, fromMs: effect.fromMs + byMs, toMs: effect.toMs + byMs };
}
