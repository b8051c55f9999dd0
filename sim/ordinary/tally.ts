/** Adds episodes up. */
import type { Episode, Move } from './episode.ts';
import { KINDS } from './rates.ts';

export interface KindTally {
  kind: string;
  episodes: number;
  /** Simulated, ms. */
  ms: number;
  /** Episodes with a false failover, with a right move, with a move for an outage that ended by itself. */
  falseFailovers: number;
  rightMoves: number;
  movesForOutagesThatEnded: number;
  /** Of those with right moves: where sites that were well moved along with their zone. */
  movedAlong: number;
  /** Episodes in which this was refused at least once. */
  refusals: Record<string, number>;
}

export interface FalseFailover {
  /** Replays it: `npm run sim -- --episode SEED`. */
  seed: number;
  kind: string;
  move: Move;
}

export interface Tally {
  kinds: KindTally[];
  falseFailovers: FalseFailover[];
}

/** So many are told one by one; all are counted. */
const MOST_TOLD = 200;

export function newTally(): Tally {
  const kinds = KINDS.map(
    ({ name }): KindTally => ({
      kind: name,
      episodes: 0,
      ms: 0,
      falseFailovers: 0,
      rightMoves: 0,
      movesForOutagesThatEnded: 0,
      movedAlong: 0,
      refusals: {},
    }),
  );
  return { kinds, falseFailovers: [] };
}

export function addEpisode(tally: Tally, { seed, kind, ms, moves, refusals }: Episode): void {
  const of = tally.kinds.find((one) => one.kind === kind)!;
  of.episodes += 1;
  of.ms += ms;
  const wrong = moves.find(({ verdict }) => verdict === 'false');
  if (wrong !== undefined) {
    of.falseFailovers += 1;
    if (tally.falseFailovers.length < MOST_TOLD) tally.falseFailovers.push({ seed, kind, move: wrong });
  } else if (moves.some(({ verdict }) => verdict === 'right')) of.rightMoves += 1;
  else if (moves.length > 0) of.movesForOutagesThatEnded += 1;
  if (wrong === undefined && moves.some(({ verdict }) => verdict === 'along')) of.movedAlong += 1;
  for (const code of refusals) of.refusals[code] = (of.refusals[code] ?? 0) + 1;
}

export function addTally(tally: Tally, other: Tally): void {
  other.kinds.forEach((one, index) => {
    const of = tally.kinds[index]!;
    of.episodes += one.episodes;
    of.ms += one.ms;
    of.falseFailovers += one.falseFailovers;
    of.rightMoves += one.rightMoves;
    of.movesForOutagesThatEnded += one.movesForOutagesThatEnded;
    of.movedAlong += one.movedAlong;
    for (const [code, count] of Object.entries(one.refusals)) of.refusals[code] = (of.refusals[code] ?? 0) + count;
  });
  tally.falseFailovers.push(...other.falseFailovers.slice(0, MOST_TOLD - tally.falseFailovers.length));
}
