/** Tells the world of every step an agent takes, so that a fault can strike before it, in the midst of it, or after it. */
import type { Action } from '../../../src/agent/mariadb/plan.ts';
import type { SiteId, ZoneId } from '../../../src/model/index.ts';
import type { StepName } from '../faults.ts';
import type { World } from '../world.ts';

/** About how many statements an action says; those that are not here say none, and tell of their middle themselves. */
const STATEMENTS: Partial<Record<Action, number>> = {
  promote: 9,
  resume: 2,
  admit: 7,
  gate: 5,
  release: 1,
  follow: 8,
  judge: 2,
};

/** Ending a server is one step, whatever it is ended for. */
function stepOf(action: Exclude<Action, 'wait'>): StepName {
  return action === 'end-silent' ? 'stop' : action;
}

export interface Interruptions {
  begin(action: Exclude<Action, 'wait'>): void;
  end(action: Exclude<Action, 'wait'>): void;
  /** A statement is about to be said. */
  statement(): void;
  /** An action without statements is at its middle. */
  middle(): void;
}

export function createInterruptions(world: World, site: SiteId, zone: ZoneId): Interruptions {
  let action: Exclude<Action, 'wait'> | null = null;
  let statementsLeft = 0;
  const during = () => {
    if (action !== null) world.step({ step: stepOf(action), phase: 'during', zone, site });
  };
  return {
    begin(next) {
      action = next;
      statementsLeft = 1 + world.random.below(STATEMENTS[next] ?? 1);
      world.step({ step: stepOf(next), phase: 'before', zone, site });
    },
    end(done) {
      action = null;
      world.step({ step: stepOf(done), phase: 'after', zone, site });
    },
    statement() {
      statementsLeft -= 1;
      if (statementsLeft === 0 && action !== null && STATEMENTS[action] !== undefined) during();
    },
    middle() {
      if (action !== null && STATEMENTS[action] === undefined) during();
    },
  };
}
