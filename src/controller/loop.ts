/**
 * The loop of one controller: observe, detect, decide, commit. There is no leader: every controller does this, and the store's
 * compare-and-set on the epoch lets exactly one of them win. Nothing here waits for anything but the store.
 */
import type { Decision, SiteVerdict, World } from '../decide/index.ts';
import { findingSentence, type Memory } from '../detect/index.ts';
import type { DetectorSettings, Finding, MonoMs, Report, SiteId, WallMs, Window, ZoneId } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { type Assigned, assignIncidents } from '../record/assign.ts';
import { type JournalNaming, toChange } from '../record/journal.ts';
import { type CommitOutcome, type Store, StoreUnavailable } from '../store/store.ts';
import { createClaimAges } from './claims.ts';
import { createJudgement, type Turn } from './judgement.ts';
import type { StoreState } from './world.ts';

export const TICK_MS = 50;

/** Told of everything that a replay needs, at the very moments that the judgement was given. */
export interface LoopWatcher {
  heard(text: string, now: MonoMs): void;
  turned(turn: Turn, now: MonoMs, wall: WallMs): void;
  /** `store-unavailable`: decided, and not known to be written. */
  committed(decision: Decision, outcome: CommitOutcome['outcome'] | 'store-unavailable', now: MonoMs): void;
}

export interface LoopOptions {
  zone: ZoneId;
  clock: Clock;
  log: Log;
  store: Pick<Store, 'commit'>;
  /** `claims`: subject → the newest incident about it. */
  state: StoreState & { claims: ReadonlyMap<string, string> };
  settings: DetectorSettings;
  /** Names a new incident, or the record of a planned move. */
  naming: JournalNaming;
  watcher?: LoopWatcher;
}

export interface ControllerLoop {
  /** Takes one report in; `text` is how it was received, for the watcher. */
  hear(report: Report, text?: string): void;
  /** One turn; resolves when its commits have been answered. Turns may overlap: a site whose commit is under way is left out. */
  tick(): Promise<void>;
  /** The newest turn's findings and verdicts, for status and record. */
  findings(): Finding[];
  verdicts(): SiteVerdict[];
  /** The world with one site, for a person's question; null: there is no such site, or this controller does not know enough now. */
  look(site: SiteId): World | null;
  window(): Window;
  memory(): Memory;
  /** Why nothing is decided at the moment, or null. */
  behind(): string | null;
}

export function createLoop(options: LoopOptions): ControllerLoop {
  const { zone, clock, log, state, settings, naming, watcher } = options;
  const judgement = createJudgement(settings, clock.mono());
  const claimAges = createClaimAges();
  let findings: Finding[] = [];
  let verdicts: SiteVerdict[] = [];
  let storeTrouble: string | null = null;
  const underWay = new Set<string>();

  async function tick(): Promise<void> {
    const [now, wall] = [clock.mono(), clock.wall()];
    claimAges.follow(state.claims, now);
    const turn = judgement.turn(state, now, wall);
    watcher?.turned(turn, now, wall);
    if (turn.stalledMs !== null) {
      log.warn(
        { stalledMs: Math.round(turn.stalledMs) },
        'was not running for a while: forgetting what was observed before',
      );
    }
    findings = turn.findings;
    verdicts = turn.verdicts;
    const wanted = verdicts.flatMap(({ decision }) => (decision === null ? [] : [decision]));
    const free = wanted.filter(({ next }) => !underWay.has(next.site));
    if (free.length === 0) return;
    const claimedForMs = (subject: string) => claimAges.forMs(subject, now);
    const { placements, claims } = state;
    await commit(assignIncidents(free, { placements, claims, claimedForMs }, wall, naming));
  }

  /** What is beaten is decided anew, once it is seen who was first; of an incident that somebody else has opened, as a part of that one. */
  async function commit(decisions: Assigned[]): Promise<void> {
    for (const { next } of decisions) underWay.add(next.site);
    try {
      const outcomes = await options.store.commit(decisions.map(changeOf));
      storeTrouble = null;
      decisions.forEach((decision, index) => {
        const outcome = outcomes[index]?.outcome ?? 'beaten';
        watcher?.committed(decision, outcome, clock.mono());
        logOutcome(decision, outcome);
      });
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      storeTrouble = error.message;
      for (const decision of decisions) watcher?.committed(decision, 'store-unavailable', clock.mono());
      log.warn(
        { sites: decisions.length, trouble: error.message },
        'decided, but the store does not answer; trying again',
      );
    } finally {
      for (const { next } of decisions) underWay.delete(next.site);
    }
  }

  function changeOf(decision: Assigned) {
    const { next } = decision;
    const author = { by: `controller:${zone}`, at: next.committedAt, sentenceOf: findingSentence };
    return toChange(decision, state.placements.get(next.site) ?? null, author, naming);
  }

  function logOutcome({ code, next, sentence }: Decision, outcome: string): void {
    const level = outcome === 'committed' ? 'info' : 'debug';
    log[level]({ site: next.site, epoch: next.epoch, decision: code, outcome }, sentence);
  }

  return {
    hear: (report, text) => {
      const now = clock.mono();
      judgement.hear(report, now);
      watcher?.heard(text ?? JSON.stringify(report), now);
    },
    tick,
    findings: () => findings,
    verdicts: () => verdicts,
    look: (site) => judgement.look(site, state, findings, clock.mono()),
    window: judgement.window,
    memory: judgement.memory,
    behind: () => {
      if (!judgement.trusts(clock.mono())) return 'has only just begun to listen, or was paused';
      return storeTrouble;
    },
  };
}
