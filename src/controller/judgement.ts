/**
 * What one controller makes of what it hears, without clock, socket or store: the window, the detector's memory, the rule that
 * a pause forgets, detect and decide. The controller's loop, replay and the simulations all run this very thing.
 */
import { decide, type SiteVerdict } from '../decide/index.ts';
import { createMemory, detect, forgetPresent, type Memory, remember } from '../detect/index.ts';
import {
  type DetectorSettings,
  type Finding,
  type MonoMs,
  mostEager,
  type Patience,
  type Report,
  type SiteRecord,
  type WallMs,
  type Window,
} from '../model/index.ts';
import { absorb, emptyWindow, prune } from '../observe/window.ts';
import { createWorldBuilder, type StoreState } from './world.ts';

/** A gap between two turns beyond this: this controller was paused or starved, and what it remembers is not the present. */
export const STALL_MS = 600;
/** After that, what queued up in the sockets meanwhile is drained, and every observer has reported anew, before anything is decided. */
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
  window(): Window;
  memory(): Memory;
  trusts(now: MonoMs): boolean;
}

export function createJudgement(settings: DetectorSettings, start: MonoMs): Judgement {
  const memory = createMemory();
  let window = emptyWindow(start);
  let lastTurnAt = start;
  let trustFrom = start + LISTEN_FIRST_MS;
  const patience = createPatience();
  const worlds = createWorldBuilder();

  /** Reports that queued up while this process stood still tell of the past: nothing is decided until newer ones have come. */
  const forgetAfterStall = (now: MonoMs): number | null => {
    const gapMs = now - lastTurnAt;
    lastTurnAt = now;
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
      const stalledMs = forgetAfterStall(now);
      prune(window, now);
      if (now < trustFrom) return { trusted: false, stalledMs, findings: [], verdicts: [] };
      const placements = [...state.placements.values()];
      const findings = detect({ window, memory, placements, settings, patience: patience.of(state), now });
      const verdicts = decide({ world: worlds.build(state, window, findings, now), findings, now: wall });
      worlds.note(verdicts);
      return { trusted: true, stalledMs, findings, verdicts };
    },
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
