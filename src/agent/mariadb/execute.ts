/** Looks an action up and does it; every action is repeatable, and answers with one sentence about what it did. */
import { build } from './build.ts';
import { type Context, type LiveGoal, type ReplicaGoal, Superseded } from './context.ts';
import { create } from './create.ts';
import { discard } from './discard.ts';
import { endServer } from './end-server.ts';
import type { DatabaseGoal } from './goal.ts';
import { judge } from './judge.ts';
import type { Action } from './plan.ts';
import { promote } from './promote.ts';
import { giveUpReplay } from './relay/replay.ts';
import { follow } from './replication.ts';
import { setAside } from './set-aside.ts';
import { startServer, startToFollow } from './start.ts';
import { stepDown } from './step-down.ts';
import { admit, gate, release, resume } from './waiting.ts';

type Executor = (context: Context, goal: never) => Promise<string>;

const EXECUTORS: Record<Exclude<Action, 'wait'>, Executor> = {
  create,
  build,
  'start-plain': (context) => startServer(context, 'plain'),
  'start-rejoin': startToFollow,
  stop: endServer,
  'end-silent': endSilent,
  'step-down': stepDown,
  promote,
  resume,
  admit,
  gate,
  release,
  replay: replayOrGiveUp,
  follow,
  judge,
  'set-aside': setAside,
  discard,
};

/** Actions that mean nothing to people: left out of the reports unless they fail. */
export const QUIET_ACTIONS: ReadonlySet<Action> = new Set(['admit', 'judge']);

export function execute(action: Exclude<Action, 'wait'>, context: Context, goal: DatabaseGoal): Promise<string> {
  return EXECUTORS[action](context, goal as never);
}

const MOST_REPLAY_FAILURES = 3;

/** A follower may get what it lacks from its source instead; a copy that is to be live has nowhere else to get it from. */
async function replayOrGiveUp(context: Context, goal: LiveGoal | ReplicaGoal): Promise<string> {
  const { memory } = context;
  try {
    const detail = await context.outside.replayReceived(context, goal);
    memory.replayFailures = 0;
    return detail;
  } catch (error) {
    if (error instanceof Superseded || context.signal.aborted || goal.role === 'live') throw error;
    memory.replayFailures += 1;
    if (memory.replayFailures < MOST_REPLAY_FAILURES) throw error;
    memory.replayFailures = 0;
    return giveUpReplay(context, error instanceof Error ? error.message : String(error));
  }
}

/** Many times what a look waits for. */
const PATIENCE_MS = 10_000;

/**
 * On a host with too much to do servers that are well come too late with every answer. To end them would only add their starts to what
 * there is to do: that host would not get out of it by itself.
 */
async function endSilent(context: Context): Promise<string> {
  const answered = await context.admin.answers(PATIENCE_MS);
  // What was wanted may have changed in that time: then nothing is ended for what was.
  if (context.signal.aborted) throw new Superseded();
  if (!answered) return endServer(context);
  // Not to be asked again and again: that would be one more thing to do.
  context.heardIt();
  return 'it answers, late: its host has too much to do';
}
