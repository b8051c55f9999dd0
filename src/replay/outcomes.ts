/** For each site: its first move, and what was refused until then. */
import type { SiteVerdict } from '../decide/index.ts';
import { type MonoMs, type Placement, type SiteId, subjectOf } from '../model/index.ts';
import type { SiteOutcome, Waiting } from './result.ts';

export interface Outcomes {
  /** The verdicts of one turn. */
  note(verdicts: readonly SiteVerdict[], at: MonoMs): void;
  /** In the recording this placement takes the place of `before`. */
  placed(next: Placement, before: Placement | undefined, at: MonoMs): void;
  moved(site: SiteId): boolean;
  /** Sites about which there is anything to tell, by name. */
  all(): SiteOutcome[];
}

export function createOutcomes(): Outcomes {
  const sites = new Map<SiteId, SiteOutcome>();
  const outcomeOf = (site: SiteId): SiteOutcome => {
    const known = sites.get(site) ?? { site, move: null, recordedMove: null, waited: [] };
    sites.set(site, known);
    return known;
  };
  return {
    note(verdicts, at) {
      for (const { placement, decision, refusals } of verdicts) {
        const { site } = placement;
        if (sites.get(site)?.move) continue;
        for (const { refusal, because } of refusals) {
          if (because === null) continue;
          const { waited } = outcomeOf(site);
          waitFor(waited, { code: refusal.code, from: at, until: at, sentence: refusal.sentence });
        }
        if (decision === null || decision.next.live === placement.live) continue;
        const outcome = outcomeOf(site);
        outcome.move = {
          at,
          to: decision.next.live,
          because: decision.because === null ? null : subjectOf(decision.because),
          afterMs: decision.because === null ? null : decision.because.forMs,
          sentence: decision.sentence,
          counterfactual: outcome.recordedMove !== null,
        };
      }
    },
    placed({ site, live }, before, at) {
      if (before === undefined || before.live === live) return;
      outcomeOf(site).recordedMove ??= { at, to: live };
    },
    moved: (site) => (sites.get(site)?.move ?? null) !== null,
    all: () => [...sites.values()].sort((one, other) => (one.site < other.site ? -1 : 1)),
  };
}

function waitFor(waited: Waiting[], newest: Waiting): void {
  const known = waited.find(({ code }) => code === newest.code);
  if (known === undefined) waited.push(newest);
  else {
    known.until = newest.until;
    known.sentence = newest.sentence;
  }
}
