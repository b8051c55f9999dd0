/** One pass over a recording: what this version finds, decides and refuses, while the world goes on as it was recorded. */
import { createJudgement } from '../controller/judgement.ts';
import { findingSentence, takeForUsual } from '../detect/index.ts';
import type { MonoMs } from '../model/index.ts';
import { createChanges, subjectOfLine } from '../record/observations/changes.ts';
import type { Header, TurnLine } from '../record/observations/lines.ts';
import type { Happening } from '../record/observations/play.ts';
import { toPlacement, toUsual } from '../record/observations/state.ts';
import { createKnownState } from './known-state.ts';
import { createOutcomes, type Outcomes } from './outcomes.ts';
import type { TimelineEntry, WorldEntry } from './result.ts';

export interface AsRecorded {
  happens(happening: Happening): void;
  timeline(): TimelineEntry[];
  outcomes: Outcomes;
}

export function createAsRecorded(header: Header): AsRecorded {
  const judgement = createJudgement(header.settings, 0);
  const state = createKnownState();
  const changes = createChanges(findingSentence);
  const outcomes = createOutcomes();
  const trouble = createTrouble();
  const timeline: TimelineEntry[] = [];
  const note = (entry: TurnLine | WorldEntry): void => {
    trouble.note(entry);
    timeline.push({ ...entry, sinceTroubleMs: trouble.sinceMs(entry.at) });
  };

  return {
    outcomes,
    timeline: () => timeline,
    happens(happening) {
      const { at } = happening;
      if (happening.what === 'report') judgement.hear(happening.report, at);
      else if (happening.what === 'turn') {
        const turn = judgement.turn(state, at, happening.wall);
        if (turn.stalledMs !== null) note({ kind: 'stall', at, forMs: turn.stalledMs });
        for (const change of changes.of(turn, at)) note({ at, ...change } as TurnLine);
        outcomes.note(turn.verdicts, at);
      } else if (happening.what === 'usual') takeForUsual(judgement.memory(), toUsual(happening.line), at);
      else if (happening.what === 'site') state.takeSite(happening.line);
      else if (happening.what === 'placement') {
        const placement = toPlacement(happening.line, header.startedAt);
        const { site, epoch, decision, live, standby, inSync } = placement;
        outcomes.placed(placement, state.placements.get(site), at);
        state.takePlacement(placement);
        note({ kind: 'placement', at, site, epoch, decision, live, standby, inSync });
      } else if (happening.line.kind === 'end') note({ kind: 'end', at, why: happening.line.why });
      else if (happening.line.kind === 'commit' && happening.line.outcome !== 'committed') {
        const { site, code, outcome } = happening.line;
        note({ kind: 'not-committed', at, site, code, outcome });
      }
    },
  };
}

/** Since when there is trouble: from the beginning of the oldest finding of those that overlap. */
function createTrouble() {
  const held = new Set<string>();
  let since: MonoMs | null = null;
  return {
    note(entry: TurnLine | WorldEntry): void {
      if (entry.kind === 'finding') {
        if (held.size === 0) since = entry.at - entry.forMs;
        held.add(subjectOfLine(entry));
      } else if (entry.kind === 'finding-ended') held.delete(entry.subject);
    },
    sinceMs: (at: MonoMs) => (since === null ? null : at - since),
  };
}
