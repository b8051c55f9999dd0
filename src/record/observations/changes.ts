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
      const begunFindings: Change[] = [];
      const begunRefusals: Change[] = [];
      for (const finding of found) {
        const subject = subjectOf(finding);
        if (findings.holds(subject, finding.code, now)) continue;
        begunFindings.push(findings.begin(subject, finding.code, now, toFinding(finding, sentenceOf)));
      }
      for (const { refusals: refused } of verdicts) {
        for (const { refusal, because } of refused) {
          const { site, code } = refusal;
          if (refusals.holds(site, code, now)) continue;
          begunRefusals.push(refusals.begin(site, code, now, toRefusal(refusal, because)));
        }
      }
      return [
        ...begunFindings,
        ...decisionsOf(verdicts),
        ...begunRefusals,
        ...findings.ended(now, (subject, _, lastedMs) => ({ kind: 'finding-ended', subject, lastedMs })),
        ...refusals.ended(now, (site, code, lastedMs) => ({ kind: 'refusal-ended', site, code, lastedMs })),
      ];
    },
    standing: () => [...findings.standing(), ...refusals.standing()],
  };
}

/** What a finding's line is about, spelt like `subjectOf(finding)`. */
export function subjectOfLine({ code, zone, observer, site }: Omit<LineOf<'finding'>, 'at'>): string {
  return [code, zone ?? observer, site].filter((part) => part !== null).join(':');
}

interface Held {
  code: string;
  since: MonoMs;
  seenAt: MonoMs;
  change: Change;
}

/** Keeps what holds, by what it is about and its code: ten thousand refusals a turn must cost next to nothing. */
function createStanding() {
  const held = new Map<string, Held[]>();
  let count = 0;
  /** Of these, how many were seen in this turn. */
  let seen = 0;
  return {
    /** It holds in this turn. False: it has not held so far, and is to begin. */
    holds(about: string, code: string, now: MonoMs): boolean {
      const these = held.get(about);
      if (these === undefined) return false;
      for (const each of these) {
        if (each.code !== code) continue;
        if (each.seenAt !== now) seen += 1;
        each.seenAt = now;
        return true;
      }
      return false;
    },
    begin(about: string, code: string, now: MonoMs, change: Change): Change {
      const first = { code, since: now, seenAt: now, change };
      count += 1;
      seen += 1;
      const these = held.get(about);
      if (these === undefined) held.set(about, [first]);
      else these.push(first);
      return change;
    },
    /** What held before and did not in this turn. */
    ended(now: MonoMs, toChange: (about: string, code: string, lastedMs: number) => Change): Change[] {
      const over: Change[] = [];
      const all = seen === count;
      seen = 0;
      if (all) return over;
      for (const [about, these] of held) {
        if (these.every(({ seenAt }) => seenAt === now)) continue;
        for (const { code, since, seenAt } of these) if (seenAt !== now) over.push(toChange(about, code, now - since));
        const left = these.filter(({ seenAt }) => seenAt === now);
        if (left.length === 0) held.delete(about);
        else held.set(about, left);
      }
      count -= over.length;
      return over;
    },
    standing: () => [...held.values()].flatMap((these) => these.map(({ change }) => change)),
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
