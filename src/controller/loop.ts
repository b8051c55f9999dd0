/**
 * The loop of one controller: observe, detect, decide, commit. There is no leader: every controller does this, and the store's
 * compare-and-set on the epoch lets exactly one of them win. Nothing here waits for anything but the store.
 */
import { type Decision, decide, type SiteVerdict } from '../decide/index.ts';
import { detect, findingSentence } from '../detect/index.ts';
import type { DetectorSettings, Finding, MonoMs, Report, Window, ZoneId } from '../model/index.ts';
import { absorb, emptyWindow, prune } from '../observe/window.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { assignIncidents, type IncidentNaming } from '../record/assign.ts';
import { decisionEntries } from '../record/entries.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';
import { type StoreState, toWorld } from './world.ts';

export const TICK_MS = 50;
/** A gap between two ticks beyond this: this controller was paused or starved, and what it remembers is not the present. */
export const STALL_MS = 600;
/** After that, what queued up in the sockets meanwhile is drained, and every observer has reported anew, before anything is decided. */
const LISTEN_FIRST_MS = 300;

export interface LoopOptions {
  zone: ZoneId;
  clock: Clock;
  log: Log;
  store: Pick<Store, 'commit'>;
  state: StoreState;
  settings: DetectorSettings;
  naming: IncidentNaming;
}

export interface ControllerLoop {
  /** Takes one report in. */
  hear(report: Report): void;
  /** One turn; resolves when its commits have been answered. Turns may overlap: a site whose commit is under way is left out. */
  tick(): Promise<void>;
  /** The newest turn's findings and verdicts, for status and record. */
  findings(): Finding[];
  verdicts(): SiteVerdict[];
  window(): Window;
  /** Why nothing is decided at the moment, or null. */
  behind(): string | null;
}

export function createLoop(options: LoopOptions): ControllerLoop {
  const { zone, clock, log, state, settings } = options;
  let window = emptyWindow(clock.mono());
  let lastTickAt = clock.mono();
  let trustFrom: MonoMs = clock.mono() + LISTEN_FIRST_MS;
  let findings: Finding[] = [];
  let verdicts: SiteVerdict[] = [];
  let storeTrouble: string | null = null;
  const underWay = new Set<string>();

  /** Reports that queued up while this process stood still tell of the past: nothing is decided until newer ones have come. */
  function forgetAfterStall(now: MonoMs): void {
    if (now - lastTickAt > STALL_MS) {
      log.warn(
        { stalledMs: Math.round(now - lastTickAt) },
        'was not running for a while: forgetting what was observed before',
      );
      window = emptyWindow(now);
      trustFrom = now + LISTEN_FIRST_MS;
    }
    lastTickAt = now;
  }

  async function tick(): Promise<void> {
    const now = clock.mono();
    forgetAfterStall(now);
    prune(window, now);
    if (now < trustFrom) {
      findings = [];
      verdicts = [];
      return;
    }
    const placements = [...state.placements.values()];
    findings = detect({ window, placements, settings, now });
    const world = toWorld(state, window, findings, now);
    verdicts = decide({ world, findings, now: clock.wall() });
    const wanted = verdicts.flatMap(({ decision }) => (decision === null ? [] : [decision]));
    await commit(
      assignIncidents(
        wanted.filter(({ next }) => !underWay.has(next.site)),
        placements,
        clock.wall(),
        options.naming,
      ),
    );
  }

  async function commit(decisions: Decision[]): Promise<void> {
    if (decisions.length === 0) return;
    for (const { next } of decisions) underWay.add(next.site);
    try {
      const outcomes = await options.store.commit(decisions.map(toChange));
      storeTrouble = null;
      decisions.forEach((decision, index) => {
        logOutcome(decision, outcomes[index]?.outcome ?? 'beaten');
      });
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      storeTrouble = error.message;
      log.warn(
        { sites: decisions.length, trouble: error.message },
        'decided, but the store does not answer; trying again',
      );
    } finally {
      for (const { next } of decisions) underWay.delete(next.site);
    }
  }

  function toChange(decision: Decision) {
    const { next } = decision;
    const before = state.placements.get(next.site)?.incident ?? null;
    const id = next.incident ?? before;
    const author = { by: `controller:${zone}`, at: next.committedAt, sentenceOf: findingSentence };
    const incident = id === null ? null : { id, entries: decisionEntries(decision, author) };
    return { expected: next.epoch - 1, next, incident };
  }

  function logOutcome({ code, next, sentence }: Decision, outcome: string): void {
    const level = outcome === 'committed' ? 'info' : 'debug';
    log[level]({ site: next.site, epoch: next.epoch, decision: code, outcome }, sentence);
  }

  return {
    hear: (report) => absorb(window, report, clock.mono()),
    tick,
    findings: () => findings,
    verdicts: () => verdicts,
    window: () => window,
    behind: () => {
      if (clock.mono() < trustFrom) return 'has only just begun to listen, or was paused';
      return storeTrouble;
    },
  };
}
