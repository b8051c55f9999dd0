/** What changed from turn to turn: findings and refusals as they begin and end, decisions as they are first made. */
import type { Decision, SiteVerdict } from '../../decide/index.ts';
import { type Finding, type MonoMs, type Refusal, type SiteId, subjectOf } from '../../model/index.ts';
import type { LineOf, TurnLine } from './lines.ts';

/** One of the lines of a turn, before it has its time. */
export type Change = TurnLine extends infer L ? (L extends TurnLine ? Omit<L, 'at'> : never) : never;

export interface TurnOutcome {
  findings: Finding[];
  verdicts: SiteVerdict[];
}

export interface Changes {
  /** What this turn brought that the one before had not, in the order finding, decision, refusal, then what ended. */
  of(turn: TurnOutcome, now: MonoMs): Change[];
  /** What began and has not ended: for a stretch that begins now. */
  standing(): Change[];
}

export function createChanges(sentenceOf: (finding: Finding) => string): Changes {
  const findings = createStanding();
  const refusals = createStanding();
  const decided = new Map<SiteId, string>();

  const decisionsOf = (verdicts: SiteVerdict[]): Change[] => {
    const made: Change[] = [];
    for (const { placement, decision } of verdicts) {
      if (decision === null) continue;
      const name = `${decision.code} ${decision.next.epoch}`;
      if (decided.get(placement.site) === name) continue;
      decided.set(placement.site, name);
      made.push(toDecision(decision, placement.live));
    }
    return made;
  };

  return {
    of({ findings: found, verdicts }, now) {
      for (const finding of found) findings.holds(subjectOf(finding), now, () => toFinding(finding, sentenceOf));
      for (const { refusals: refused } of verdicts)
        for (const { refusal, because } of refused)
          refusals.holds(`${refusal.site} ${refusal.code}`, now, () => toRefusal(refusal, because));
      const ends = [
        ...findings.ended(now, ({ subject, lastedMs }) => ({ kind: 'finding-ended', subject, lastedMs })),
        ...refusals.ended(now, ({ subject, lastedMs }) => {
          const [site, code] = subject.split(' ') as [string, string];
          return { kind: 'refusal-ended', site, code, lastedMs };
        }),
      ];
      return [...findings.begun(), ...decisionsOf(verdicts), ...refusals.begun(), ...ends];
    },
    standing: () => [...findings.standing(), ...refusals.standing()],
  };
}

/** What a finding's line is about, spelt like `subjectOf(finding)`. */
export function subjectOfLine({ code, zone, observer, site }: Omit<LineOf<'finding'>, 'at'>): string {
  return [code, zone ?? observer, site].filter((part) => part !== null).join(':');
}

/** Keeps what holds by its subject; `holds` is called for each of them in every turn. */
function createStanding() {
  const held = new Map<string, { since: MonoMs; seenAt: MonoMs; change: Change }>();
  let begun: Change[] = [];
  return {
    holds(subject: string, now: MonoMs, change: () => Change): void {
      const before = held.get(subject);
      if (before !== undefined) before.seenAt = now;
      else {
        const first = change();
        held.set(subject, { since: now, seenAt: now, change: first });
        begun.push(first);
      }
    },
    begun(): Change[] {
      const these = begun;
      begun = [];
      return these;
    },
    ended(now: MonoMs, toChange: (ended: { subject: string; lastedMs: number }) => Change): Change[] {
      const over: Change[] = [];
      for (const [subject, { since, seenAt }] of held) {
        if (seenAt === now) continue;
        held.delete(subject);
        over.push(toChange({ subject, lastedMs: now - since }));
      }
      return over;
    },
    standing: () => [...held.values()].map(({ change }) => change),
  };
}

function toFinding(finding: Finding, sentenceOf: (finding: Finding) => string): Change {
  const { code, zone, site, observer, forMs, outright, evidence } = finding;
  return { kind: 'finding', code, zone, site, observer, forMs, outright, sentence: sentenceOf(finding), evidence };
}

function toDecision({ code, next, sentence, because }: Decision, from: string): Change {
  const { site, epoch, live, standby } = next;
  return {
    kind: 'decision',
    site,
    code,
    epoch,
    from,
    live,
    standby,
    sentence,
    because: because === null ? null : subjectOf(because),
  };
}

function toRefusal({ site, code, sentence, evidence }: Refusal, because: Finding | null): Change {
  return { kind: 'refusal', site, code, sentence, because: because === null ? null : subjectOf(because), evidence };
}
