/** What a planned move's pause consists of, from the records and logs of one run: pure. */
import { longestGap } from '../../src/drill/judge.ts';
import type { Sample } from '../../src/drill/load/plan.ts';
import { isProtected, type Placement, type WallMs } from '../../src/model/index.ts';
import type { LogLine, MoveRecord, MovesRecord } from './moves.ts';

/** In their order: each part ends when the thing that it is named after has happened. */
export const PARTS = [
  ['asked', 'the order is on record'],
  ['hand-over', 'the hand-over is on record'],
  ['held', 'the edge holds everybody'],
  ['drained', 'nothing is under way at the edge'],
  ['switchover', 'the move is on record'],
  ['promoted', 'the new live copy has cut and applied everything'],
  ['line', 'its line is on record'],
  ['writable', 'it is writable'],
  ['open', 'that is on record'],
  ['released', 'the edge lets writes through'],
  ['written', 'the first of them is acknowledged'],
] as const;
export type Part = (typeof PARTS)[number][0];

export interface MoveFigures {
  /** Longest time between two acknowledged writes around the move. */
  writePauseMs: number;
  /** Longest time between two answered GETs around it. */
  readPauseMs: number;
  /** In all, until protected again. */
  exposedMs: number;
  /** From the order to protected again. */
  tookMs: number;
  /** The visitors were held so often. */
  attempts: number;
  /** What each part took; null: not found in the logs. */
  parts: Record<Part, number | null>;
}

export interface Figures {
  moves: MoveFigures[];
  requests: number;
  failed: Sample[];
  heldLongestMs: number;
  acknowledged: number;
  ackedLost: number;
  executedTwice: number;
  copies: number;
}

const AROUND_MS = 1_000;

export function figuresOf(record: MovesRecord): Figures {
  const { samples, rows } = record;
  const acked = samples.filter((sample) => sample.kind === 'write' && sample.ok);
  return {
    moves: record.moves.map((move) => figuresOfMove(move, record)),
    requests: samples.length,
    failed: samples.filter((sample) => !sample.ok),
    heldLongestMs: record.heldLongestMs,
    acknowledged: acked.length,
    ackedLost: acked.filter(({ id }) => !rows.has(id)).length,
    executedTwice: [...rows.values()].filter((times) => times > 1).length,
    copies: record.copies,
  };
}

function figuresOfMove(move: MoveRecord, { samples, log }: MovesRecord): MoveFigures {
  const endAt = move.placements.at(-1)!.committedAt + AROUND_MS;
  const around = samples.filter(({ finishedAt }) => finishedAt > move.askedAt - AROUND_MS && finishedAt < endAt);
  const pause = (kind: Sample['kind']) =>
    Math.round(
      longestGap(
        around.filter((sample) => sample.kind === kind),
        move.askedAt,
        endAt,
      ).ms,
    );
  return {
    writePauseMs: pause('write'),
    readPauseMs: pause('get'),
    exposedMs: exposedMs(move.placements),
    tookMs: move.placements.at(-1)!.committedAt - move.askedAt,
    attempts: move.placements.filter(({ decision }) => decision === 'hand-over').length,
    parts: partsOf(move, log, around),
  };
}

/** In all, from the first record that is not protected to each next one that is. */
export function exposedMs(placements: Placement[]): number {
  let sum = 0;
  let since: WallMs | null = null;
  for (const placement of placements) {
    if (!isProtected(placement)) since ??= placement.committedAt;
    else if (since !== null) {
      sum += placement.committedAt - since;
      since = null;
    }
  }
  return sum;
}

function partsOf(
  { askedAt, to, placements }: MoveRecord,
  log: LogLine[],
  around: Sample[],
): Record<Part, number | null> {
  const recorded = (decision: string) => placements.findLast((placement) => placement.decision === decision);
  const routed = (placement: Placement | undefined) =>
    log.find(({ entry }) => entry.msg === 'routed' && placement !== undefined && entry.epoch === placement.epoch)?.at;
  const after = (from: WallMs | undefined, wanted: (line: LogLine) => boolean) =>
    from === undefined
      ? undefined
      : log.filter((line) => line.at >= from && wanted(line)).toSorted((x, y) => x.at - y.at)[0]?.at;
  const [asked, handOver, moved] = [recorded('order'), recorded('hand-over'), recorded('switchover')];
  const [line, open] = [recorded('record-promotion'), recorded('record-open')];
  const action = (name: string) => (each: LogLine) => each.zone === to && each.entry.action === name;
  const held = routed(handOver);
  const released = routed(open);
  const writes = around.filter((sample) => sample.kind === 'write' && sample.ok).map(({ finishedAt }) => finishedAt);
  const at: Record<Part, number | undefined> = {
    asked: asked?.committedAt,
    'hand-over': handOver?.committedAt,
    held,
    drained: after(held, ({ entry }) => String(entry.msg).startsWith('held, and nothing')),
    switchover: moved?.committedAt,
    promoted: after(moved?.committedAt, action('promote')),
    line: line?.committedAt,
    writable: after(line?.committedAt, action('resume')),
    open: open?.committedAt,
    released,
    written: released === undefined ? undefined : Math.min(...writes.filter((time) => time >= released)),
  };
  let before = askedAt;
  const parts = PARTS.map(([part]) => {
    const time = at[part];
    if (time === undefined) return [part, null];
    const took = Math.round(time - before);
    before = time;
    return [part, took];
  });
  return Object.fromEntries(parts) as Record<Part, number | null>;
}
