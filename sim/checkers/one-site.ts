/** I7: another site's trouble moves no site, and trouble that the standby's copy shares moves nothing. */
import type { Checker, SimRun } from '../trace.ts';
import { blamesOf } from './blames.ts';
import { type Breach, during, type EventOf, failoversOf, faultsOf } from './history.ts';

/** Nearly everything fails, for long enough that the readiness checks of both copies have said so. */
const BROKEN_SHARE = 0.9;
const BROKEN_FOR_MS = 5_000;

export const oneSiteMovesNoOther: Checker = {
  name: 'I7',
  says: 'one sick site moves no other; trouble that all zones share moves nothing; a move that would not help is refused',
  check: (run) => failoversOf(run).flatMap((move) => [...movedForAnother(run, move), ...movedIntoTheSame(run, move)]),
};

function movedForAnother(run: SimRun, move: EventOf<'commit'>): Breach[] {
  const blames = blamesOf(run, move);
  const others = blames.flatMap((blame) => (blame.kind === 'other-site' ? [blame.site] : []));
  const observers = new Set(blames.flatMap((blame) => (blame.kind === 'observer' ? [blame.observer] : [])));
  if (others.length === 0 || observers.size > 1 || blames.some(({ kind }) => kind === 'cause')) return [];
  const { placement, before, because, at } = move;
  const breach = `${placement.site} left zone ${before!.live} (${because?.code ?? 'no finding'}) although only ${[...new Set(others)].join(', ')} had trouble there`;
  return [{ at, breach }];
}

/** Both copies' applications had been failing nearly everything, and nothing else was wrong with the zone that was left. */
function movedIntoTheSame(run: SimRun, move: EventOf<'commit'>): Breach[] {
  const { placement, before, decidedAt, at } = move;
  const recent = faultsOf(run).filter(({ from, to }) => from <= decidedAt && to >= decidedAt - BROKEN_FOR_MS);
  const broken = (zone: string) =>
    during(recent, decidedAt, decidedAt).some(
      ({ fault, from }) =>
        from <= decidedAt - BROKEN_FOR_MS &&
        ((fault.verb === 'app-errors' && fault.share >= BROKEN_SHARE) || fault.verb === 'app-hang') &&
        fault.zone === zone &&
        fault.site === placement.site,
    );
  const onlyThat = blamesOf(run, move).filter(({ kind }) => kind === 'cause').length === 1;
  if (!onlyThat || !broken(before!.live) || !broken(placement.live)) return [];
  const breach = `${placement.site} moved from zone ${before!.live} to zone ${placement.live}, where its application was just as broken`;
  return [{ at, breach }];
}
