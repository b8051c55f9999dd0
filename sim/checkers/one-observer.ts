/** I6: one observer's word moves nothing, and a controller that stood still listens before it decides again. */
import { LISTEN_FIRST_MS, STALL_MS } from '../../src/controller/judgement.ts';
import type { Checker, SimMs, SimRun } from '../trace.ts';
import { blamesOf } from './blames.ts';
import { type Breach, eventsOf, failoversOf, faultsOf, seconds } from './history.ts';

/** Timers run a little late. */
const SLACK_MS = 100;

export const oneObserverMovesNothing: Checker = {
  name: 'I6',
  says: 'one sick observer moves nothing; a controller that was paused forgets its window before it decides again',
  check: (run) => [...movesByOneWord(run), ...hastyDecisions(run)],
};

function movesByOneWord(run: SimRun): Breach[] {
  return failoversOf(run).flatMap((move) => {
    const blames = blamesOf(run, move);
    const observers = new Set(blames.flatMap((blame) => (blame.kind === 'observer' ? [blame.observer] : [])));
    const excused = blames.some(({ kind }) => kind === 'cause' || kind === 'other-site') || observers.size > 1;
    if (excused) return [];
    const { placement, before, because, at } = move;
    const what = observers.size === 0 ? 'nothing was wrong with it' : `only ${[...observers][0]} was in trouble`;
    const breach = `${placement.site} left zone ${before!.live} (${because?.code ?? 'no finding'}) although ${what}`;
    return [{ at, breach }];
  });
}

/** Everything that a controller concluded or asked for so soon after it had stood still. */
function hastyDecisions(run: SimRun): Breach[] {
  const conclusions = [
    ...eventsOf(run, 'commit').map(({ by, decidedAt, at, placement }) => ({
      by,
      madeAt: decidedAt,
      at,
      what: `${placement.decision} of ${placement.site}`,
    })),
    ...eventsOf(run, 'finding').map(({ by, at, finding }) => ({ by, madeAt: at, at, what: finding.code })),
  ];
  return awakenings(run).flatMap(({ by, wokeAt }) =>
    conclusions.flatMap(({ by: who, madeAt, at, what }) => {
      if (who !== by || madeAt < wokeAt || madeAt >= wokeAt + LISTEN_FIRST_MS - SLACK_MS) return [];
      const afterMs = Math.round(madeAt - wokeAt);
      return [
        { at, breach: `${by} concluded ${what} ${afterMs} ms after it had stood still (awake at ${seconds(wokeAt)})` },
      ];
    }),
  );
}

/** When each controller began to run again: by the faults that stopped it, and by its own noticing. */
function awakenings(run: SimRun): { by: string; wokeAt: SimMs }[] {
  const paused = faultsOf(run).flatMap(({ fault, from, to }) => {
    if (fault.verb !== 'pause' || to - from <= STALL_MS + SLACK_MS) return [];
    if (fault.target.kind !== 'controller' && fault.target.kind !== 'zone') return [];
    return [{ by: `controller:${fault.target.zone}`, wokeAt: to }];
  });
  return [...paused, ...eventsOf(run, 'forgot').map(({ by, at }) => ({ by, wokeAt: at }))];
}
