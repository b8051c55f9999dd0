/** What was found, decided and refused when it was recorded, beside what this version makes of the same observations. */
import type { MonoMs } from '../model/index.ts';
import type { TurnLine } from '../record/observations/lines.ts';
import type { Difference, ReplayResult } from './result.ts';

type Begun = Extract<TurnLine, { kind: 'finding' | 'decision' | 'refusal' }>;

/** What a recording begins with had begun before it: when, nobody knows. */
const FROM_BEFORE: MonoMs = 0;

/** `toleranceMs`: so far apart it counts as the same. */
export function compare(
  recorded: TurnLine[],
  now: TurnLine[],
  toleranceMs: number,
): NonNullable<ReplayResult['compared']> {
  const then = byName(recorded.filter(isBegun));
  const here = byName(now.filter(isBegun));
  const differences: Difference[] = [];
  let same = 0;
  for (const name of new Set([...then.keys(), ...here.keys()])) {
    const [ones, others] = [then.get(name) ?? [], here.get(name) ?? []];
    for (let index = 0; index < Math.max(ones.length, others.length); index += 1) {
      const [one, other] = [ones[index], others[index]];
      if (one !== undefined && other !== undefined && isSame(one, other, toleranceMs)) same += 1;
      else differences.push(toDifference(one, other));
    }
  }
  return { same, differences: differences.sort((one, other) => timeOf(one) - timeOf(other)) };
}

const isBegun = (line: TurnLine): line is Begun =>
  line.kind === 'finding' || line.kind === 'decision' || line.kind === 'refusal';

function isSame(one: Begun, other: Begun, toleranceMs: number): boolean {
  if (one.kind === 'decision' && other.kind === 'decision' && one.live !== other.live) return false;
  return one.at === FROM_BEFORE || Math.abs(one.at - other.at) <= toleranceMs;
}

function byName(lines: Begun[]): Map<string, Begun[]> {
  const names = new Map<string, Begun[]>();
  for (const line of lines) {
    const parts = [line.kind, line.code, line.site, line.kind === 'finding' ? (line.zone ?? line.observer) : null];
    const name = parts.filter((part) => part !== null).join(' ');
    const known = names.get(name);
    if (known === undefined) names.set(name, [line]);
    else known.push(line);
  }
  return names;
}

function toDifference(one: Begun | undefined, other: Begun | undefined): Difference {
  const { kind, code, site, sentence } = (other ?? one)!;
  return { kind, code, site, recordedAt: one?.at ?? null, nowAt: other?.at ?? null, sentence };
}

const timeOf = ({ recordedAt, nowAt }: Difference): MonoMs => Math.min(recordedAt ?? Infinity, nowAt ?? Infinity);
