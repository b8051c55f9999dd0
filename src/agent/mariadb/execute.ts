/** Looks an action up and does it; every action is repeatable, and answers with one sentence about what it did. */
import { build } from './build.ts';
import type { Context } from './context.ts';
import { create } from './create.ts';
import type { DatabaseGoal } from './goal.ts';
import type { Action } from './plan.ts';
import { promote } from './promote.ts';
import { follow, judge } from './replication.ts';
import { setAside } from './set-aside.ts';
import { startServer } from './start.ts';
import { admit, gate, release, resume } from './waiting.ts';

type Executor = (context: Context, goal: never) => Promise<string>;

const EXECUTORS: Record<Exclude<Action, 'wait'>, Executor> = {
  create,
  build,
  'start-plain': (context) => startServer(context, 'plain'),
  'start-rejoin': (context) => startServer(context, 'rejoin'),
  stop,
  'step-down': stop,
  promote,
  resume,
  admit,
  gate,
  release,
  follow,
  judge,
  'set-aside': setAside,
};

/** Actions that mean nothing to people: left out of the reports unless they fail. */
export const QUIET_ACTIONS: ReadonlySet<Action> = new Set(['admit', 'judge']);

export function execute(action: Exclude<Action, 'wait'>, context: Context, goal: DatabaseGoal): Promise<string> {
  return EXECUTORS[action](context, goal as never);
}

/** Killed, never asked to end: an orderly end would commit what nobody acknowledged. */
async function stop({ server, admin, memory }: Context): Promise<string> {
  admin.close();
  await server.kill();
  memory.admitted = undefined;
  await memory.saveGate(null);
  return 'its server was ended';
}
