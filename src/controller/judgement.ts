/**
 * What one controller makes of what it hears, without clock, socket or store: the window, the detector's memory, the rule that
 * a pause forgets, detect and decide. The controller's loop, replay and the simulations all run this very thing.
 */
import { decide, type SiteVerdict, type World } from '../decide/index.ts';
import { createMemory, detect, forgetPresent, type Memory, remember } from '../detect/index.ts';
import {
  type DetectorSettings,
  type Finding,
  type MonoMs,
  mostEager,
  type Patience,
  type Report,
  type SiteId,
  type SiteRecord,
  type WallMs,
  type Window,
} from '../model/index.ts';
import { absorb, emptyWindow, prune } from '../observe/window.ts';
import { FEW_SITES } from './attention.ts';
import { createWorldBuilder, type StoreState } from './world.ts';

/** A gap between two turns beyond this: this controller was paused or starved, and what it remembers is not the present. */
export const STALL_MS = 600;
/** A shorter one: what queued up in the sockets meanwhile is heard first, or this controller's own pause would count as others' silence. */
export const PAUSE_MS = 150;
/** After a stall, what queued up in the sockets meanwhile is drained, and every observer has reported anew, before anything is decided. */
export const LISTEN_FIRST_MS = 300;

export interface Turn {
  /** False: it has only just begun to listen, or was paused; nothing is found or decided. */
  trusted: boolean;
  /** Set when a pause was noticed in this very turn: how long it was. */
  stalledMs: number | null;
  findings: Finding[];
  /** Of the sites looked at in this turn. Of the others nothing is decided and nothing refused. */
  verdicts: SiteVerdict[];
}

export interface Judgement {
  /** Takes one report in, as of `now`. Answers whether it was news. */
  hear(report: Report, now: MonoMs): boolean;
  /** One turn; to be called every `TICK_MS`. `now` must never go back. */
  turn(state: StoreState, now: MonoMs, wall: WallMs): Turn;
  /** The world with one site as of `now`, for a person's question about it; null: no such site, or it is not to be trusted now. */
  look(site: SiteId, state: StoreState, findings: Finding[], now: MonoMs): World | null;
  window(): Window;
  memory(): Memory;
  trusts(now: MonoMs): boolean;
}

/** `few`: up to so many sites all are looked at in every turn, and not only those that anything is the matter with. */
export function createJudgement(settings: DetectorSettings, start: MonoMs, few: number = FEW_SITES): Judgement {
  const memory = createMemory();
  let window = emptyWindow(start);
  let lastTurnAt = start;
  let trustFrom = start + LISTEN_FIRST_MS;
  let heldBack = false;
  const patience = createPatience();
  const worlds = createWorldBuilder(memory, few);

  /** Reports that queued up while this process stood still tell of the past: nothing is decided until newer ones have come. */
  const forgetAfterStall = (now: MonoMs, gapMs: number): number | null => {
    if (gapMs <= STALL_MS) return null;
    window = emptyWindow(now);
    forgetPresent(memory);
    trustFrom = now + LISTEN_FIRST_MS;
    return gapMs;
  };

  return {
    hear(report, now) {
      const news = absorb(window, report, now);
      if (news) remember(memory, report, now);
      return news;
    },
    turn(state, now, wall) {
      const gapMs = now - lastTurnAt;
      lastTurnAt = now;
      const stalledMs = forgetAfterStall(now, gapMs);
      prune(window, now);
      // Never twice in a row: one that is always so late decides in every other turn.
      heldBack = gapMs > PAUSE_MS && !heldBack;
      if (heldBack || now < trustFrom) return { trusted: false, stalledMs, findings: [], verdicts: [] };
      const placements = [...state.placements.values()];
      const findings = detect({ window, memory, placements, settings, patience: patience.of(state), now });
      const verdicts = decide({ world: worlds.build(state, window, findings, now), findings, now: wall });
      worlds.note(verdicts);
      return { trusted: true, stalledMs, findings, verdicts };
    },
    look: (site, state, findings, now) => (now < trustFrom ? null : worlds.only(site, state, window, findings, now)),
    window: () => window,
    memory: () => memory,
    trusts: (now) => now >= trustFrom,
  };
}

/** The most eager patience of all sites, worked out anew only when a site's record was replaced. */
function createPatience() {
  let known: Patience = mostEager([]);
  let seen: SiteRecord[] = [];
  return {
    of({ sites }: StoreState): Patience {
      let index = 0;
      let same = sites.size === seen.length;
      for (const record of sites.values()) {
        if (!same) break;
        same = seen[index++] === record;
      }
      if (!same) {
        seen = [...sites.values()];
        known = mostEager(seen.map(({ spec }) => spec.failover.patience));
      }
      return known;
    },
  };
}
