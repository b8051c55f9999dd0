/**
 * One pass over a recording with another policy for every site. Up to the first difference the world is the recorded one. Where
 * the recording moves a site that this policy has not moved yet, the move is set aside: what the site's copies said last before it
 * goes on being true, with growing ages, while everything else goes on as recorded. That world is a guess, and called one.
 */
import { createJudgement } from '../controller/judgement.ts';
import { findingSentence, takeForUsual } from '../detect/index.ts';
import type { CopyReport, FailoverPolicy, MonoMs, Placement, Report, SiteId, WallMs } from '../model/index.ts';
import { aged } from '../record/observations/aged.ts';
import { createChanges, subjectOfLine } from '../record/observations/changes.ts';
import type { Header } from '../record/observations/lines.ts';
import type { Happening } from '../record/observations/play.ts';
import { toPlacement, toUsual } from '../record/observations/state.ts';
import { createKnownState } from './known-state.ts';
import { createOutcomes } from './outcomes.ts';
import type { PolicyOutcome } from './result.ts';

export interface NamedPolicy {
  name: string;
  policy: FailoverPolicy;
  /** Null: the recording's. */
  falseAlarmsPerYear: number | null;
}

export interface OtherPolicy {
  happens(happening: Happening): void;
  outcome(): PolicyOutcome;
}

export function createOtherPolicy(header: Header, { name, policy, ...other }: NamedPolicy): OtherPolicy {
  const falseAlarmsPerYear = other.falseAlarmsPerYear ?? header.settings.falseAlarmsPerYear;
  const judgement = createJudgement({ falseAlarmsPerYear }, 0);
  const outcomes = createOutcomes();
  const changes = createChanges(findingSentence);
  const findings: PolicyOutcome['findings'] = [];
  const held = createHeldSites();
  const state = createKnownState((record) => ({ ...record, spec: { ...record.spec, failover: policy } }));

  const place = (placement: Placement, at: MonoMs): void => {
    const { site } = placement;
    if (held.has(site)) return;
    const known = state.placements.get(site);
    const moves = known !== undefined && known.live !== placement.live;
    outcomes.placed(placement, known, at);
    if (!moves || outcomes.moved(site)) state.takePlacement(placement);
    else held.hold(known);
  };

  const look = (at: MonoMs, wall: WallMs): void => {
    const turn = judgement.turn(state, at, wall);
    outcomes.note(turn.verdicts, at);
    for (const change of changes.of({ findings: turn.findings, verdicts: [] }, at))
      if (change.kind === 'finding') findings.push({ subject: subjectOfLine(change), at, sentence: change.sentence });
  };

  return {
    happens(happening) {
      const { at } = happening;
      if (happening.what === 'report') judgement.hear(held.seen(happening.report, at), at);
      else if (happening.what === 'turn') look(at, happening.wall);
      else if (happening.what === 'usual') takeForUsual(judgement.memory(), toUsual(happening.line), at);
      else if (happening.what === 'site') state.takeSite(happening.line);
      else if (happening.what === 'placement') place(toPlacement(happening.line, header.startedAt), at);
    },
    outcome: () => ({ name, policy, falseAlarmsPerYear, findings, sites: outcomes.all() }),
  };
}

/** Sites whose recorded move was set aside: reports are rewritten as if it had not been made. */
function createHeldSites() {
  const epochs = new Map<SiteId, number>();
  const newest = new Map<string, { copy: CopyReport; at: MonoMs }>();

  const copyThen = (copy: CopyReport, zone: string, at: MonoMs): CopyReport => {
    const key = `${zone} ${copy.site}`;
    const epoch = epochs.get(copy.site);
    const before = newest.get(key);
    if (epoch === undefined || copy.epoch <= epoch || before === undefined) {
      newest.set(key, { copy, at });
      return copy;
    }
    const report: Report = {
      kind: 'agent',
      zone,
      incarnation: '',
      sequence: 0,
      probes: [],
      copies: [before.copy],
      room: null,
    };
    const { copies } = aged(report, at - before.at) as typeof report & { kind: 'agent' };
    return copies[0]!;
  };

  return {
    has: (site: SiteId) => epochs.has(site),
    hold: ({ site, epoch }: Placement) => epochs.set(site, epoch),
    seen(report: Report, at: MonoMs): Report {
      if (report.kind === 'edge') return report;
      return { ...report, copies: report.copies.map((copy) => copyThen(copy, report.zone, at)) };
    },
  };
}
