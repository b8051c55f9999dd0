/**
 * Turns the lines of a file into what happens one after the other: reports are heard (repeated ones too), placements become
 * known, and the detector takes its turns, where they stand in the file or else steadily.
 */
import type { Epoch, MonoMs, ObserverId, Report, SiteId, WallMs } from '../../model/index.ts';
import { aged } from './aged.ts';
import type { Header, Line, LineOf, PlacementLine, ReportLine, SiteLine, UsualLine } from './lines.ts';
import { toReport } from './whole-report.ts';

export type Happening =
  | { at: MonoMs; what: 'report'; report: Report }
  | { at: MonoMs; what: 'turn'; wall: WallMs }
  | { at: MonoMs; what: 'site'; line: SiteLine }
  | { at: MonoMs; what: 'placement'; line: PlacementLine }
  | { at: MonoMs; what: 'usual'; line: UsualLine }
  /** For reading and comparing only. */
  | { at: MonoMs; what: 'told'; line: ToldLine };

type ToldLine = Exclude<Line, ReportLine | SiteLine | PlacementLine | UsualLine | LineOf<'turn'>>;

export interface Player {
  /** Everything that happens up to this line and by it. Lines in the order of the file. */
  play(line: Line): Generator<Happening>;
  /** What is left up to the time of the last line. */
  finish(): Generator<Happening>;
}

/** What falls on the very time of the last line still happens. */
const LAST_MOMENT_MS = 1e-6;

interface Repeated {
  line: ReportLine;
  dueAt: MonoMs;
}

/** `tickMs`: how often the detector looks where the file does not say when it did. */
export function createPlayer(header: Header, tickMs: number): Player {
  const repeated = new Map<ObserverId, Repeated>();
  const sequences = new Map<ObserverId, number>();
  const epochs = new Map<SiteId, Epoch>();
  const steady = header.turns === 'steady';
  let nextTickAt: MonoMs = steady ? tickMs : Number.POSITIVE_INFINITY;
  let lastAt: MonoMs = 0;

  const wallOf = (at: MonoMs): WallMs => Math.round(header.startedAt + at);
  const hear = (line: ReportLine, at: MonoMs): Happening => {
    const observer = observerOf(line);
    const sequence =
      line.report.sequence === undefined || at > line.at ? (sequences.get(observer) ?? 0) + 1 : line.report.sequence;
    sequences.set(observer, sequence);
    const whole = toReport({ ...line.report, sequence }, { sequence, epochOf: (site) => epochs.get(site) ?? 1 });
    return { at, what: 'report', report: at > line.at ? aged(whole, at - line.at) : whole };
  };
  const dueBefore = (until: MonoMs): Repeated | undefined => {
    let first: Repeated | undefined;
    for (const each of repeated.values()) {
      const over = each.dueAt > (each.line.untilMs ?? Number.POSITIVE_INFINITY);
      if (!over && each.dueAt < until && (first === undefined || each.dueAt < first.dueAt)) first = each;
    }
    return first;
  };

  /** Repetitions and steady turns before `until`; a repetition comes before a turn of the same moment. */
  function* passTo(until: MonoMs): Generator<Happening> {
    for (;;) {
      const due = dueBefore(until);
      if (due !== undefined && due.dueAt <= nextTickAt) {
        yield hear(due.line, due.dueAt);
        due.dueAt += due.line.everyMs!;
      } else if (nextTickAt < until) {
        yield { at: nextTickAt, what: 'turn', wall: wallOf(nextTickAt) };
        nextTickAt += tickMs;
      } else return;
    }
  }

  /** No turn is taken in a pause; what was said meanwhile is heard when it is over. */
  function* pause({ at, forMs }: LineOf<'stall'>): Generator<Happening> {
    yield* passTo(at - forMs);
    nextTickAt = Math.max(nextTickAt, at);
    for (const each of repeated.values()) {
      while (each.dueAt < at) {
        if (each.dueAt <= (each.line.untilMs ?? at)) yield { ...hear(each.line, each.dueAt), at };
        each.dueAt += each.line.everyMs!;
      }
    }
  }

  return {
    *play(line) {
      lastAt = line.at;
      if (line.kind === 'stall' && steady) yield* pause(line);
      else yield* passTo(line.at);
      if (line.kind === 'report') {
        yield hear(line, line.at);
        repeated.delete(observerOf(line));
        if (line.everyMs !== undefined) repeated.set(observerOf(line), { line, dueAt: line.at + line.everyMs });
      } else if (line.kind === 'turn') yield { at: line.at, what: 'turn', wall: line.wall ?? wallOf(line.at) };
      else if (line.kind === 'placement') {
        epochs.set(line.site, line.epoch);
        yield { at: line.at, what: 'placement', line };
      } else if (line.kind === 'site') yield { at: line.at, what: 'site', line };
      else if (line.kind === 'usual') yield { at: line.at, what: 'usual', line };
      else yield { at: line.at, what: 'told', line };
    },
    *finish() {
      yield* passTo(lastAt + LAST_MOMENT_MS);
    },
  };
}

function observerOf({ report }: ReportLine): ObserverId {
  return report.kind === 'agent' ? `agent:${report.zone}` : `edge:${report.edge}`;
}
