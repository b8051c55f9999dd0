/** One round: break as planned, mend, let it converge, read all copies, judge everything so far. */
import type { Placement } from '../../../src/model/index.ts';
import { type Judged, judge } from '../check/index.ts';
import { isWrite } from '../check/reigns.ts';
import { FAULTS } from '../faults/index.ts';
import type { RoundPlan } from '../faults/plan.ts';
import type { FaultPlan } from '../faults/types.ts';
import { type FaultLine, now, type StateLine } from '../history/types.ts';
import { readCopies } from './copies.ts';
import { type Ground, hits } from './ground.ts';
import { settle } from './settle.ts';

export interface RoundResult {
  plan: RoundPlan;
  /** What was really done, in words. */
  done: string[];
  /** Kinds that were brought about, not those that found nothing to break. */
  kinds: string[];
  moves: number;
  /** The longest time without an acknowledged write, from the first fault until it had converged. */
  gapMs: number;
  convergedMs: number;
  /** What did not come back, when it has not converged. */
  stuck: string | null;
  judged: Judged;
  states: StateLine[];
}

export async function runRound(ground: Ground, plan: RoundPlan): Promise<RoundResult> {
  const { history, witness, clients, clock, operations } = ground;
  const from = now();
  const beginning = witness.placement();
  const movesBefore = witness.moves();
  const hitsBefore = hits(ground).length;
  history.write({ type: 'round', at: from, round: plan.round, what: 'begins', detail: plan.title });
  const lines = (
    await Promise.all(plan.faults.map((fault) => breakAndMend(ground, plan.round, fault, from, beginning)))
  ).flat();
  const settled = await settle(ground);
  for (const hit of hits(ground).slice(hitsBefore)) {
    const line: FaultLine = {
      type: 'fault',
      at: now(),
      round: plan.round,
      kind: 'step-kill',
      what: 'hit',
      to: hit,
      detail: '',
    };
    lines.push(line);
    history.write(line);
  }
  const what = settled.converged ? 'converged' : 'stuck';
  history.write({ type: 'round', at: now(), round: plan.round, what, detail: settled.detail });
  await clock.sleep(TAIL_MS);
  await clients.pause();
  const gapMs = longestGap(
    operations.filter((one) => one.outcome === 'ok' && isWrite(one.verb)).map((one) => one.complete),
    from,
  );
  const states = settled.converged ? await readCopies(ground) : [];
  if (settled.converged) clients.resume();
  return {
    plan,
    done: lines.filter(({ what }) => what !== 'ends').map(inWords),
    kinds: lines.filter(({ what }) => what === 'begins').map(({ kind }) => kind),
    moves: witness.moves() - movesBefore,
    gapMs,
    convergedMs: settled.tookMs,
    stuck: settled.converged ? null : settled.detail,
    judged: judge(operations, states),
    states,
  };
}

/** Writes go on so long after it has converged, so that its last gap has an end. */
const TAIL_MS = 1_000;

async function breakAndMend(
  ground: Ground,
  round: number,
  fault: FaultPlan,
  from: number,
  beginning: Placement,
): Promise<FaultLine[]> {
  const { clock, history } = ground;
  const lines: FaultLine[] = [];
  const say = (what: FaultLine['what'], to: string, detail: string) => {
    const line: FaultLine = { type: 'fault', at: now(), round, kind: fault.kind, what, to, detail };
    lines.push(line);
    history.write(line);
  };
  await clock.sleep(Math.max(0, from + fault.atMs - now()));
  const stage = fault.asOf === 'then' ? ground.stage : { ...ground.stage, placement: () => beginning };
  const broken = await FAULTS[fault.kind]!.inject(stage, fault);
  if (broken === null) {
    say('skipped', fault.who, 'there was nothing to break');
    return lines;
  }
  say('begins', broken.to, broken.detail);
  await clock.sleep(fault.forMs);
  await broken.mend();
  say('ends', broken.to, `after ${fault.forMs} ms`);
  return lines;
}

function inWords({ kind, what, to, detail }: FaultLine): string {
  if (what === 'hit') return `hit: ${to}`;
  return `${kind} of ${to}${detail === '' ? '' : ` (${detail})`}${what === 'skipped' ? ' skipped' : ''}`;
}

/** The longest pause between two of these moments from `from` on; the last one before `from` counts as its beginning. Pure. */
export function longestGap(moments: number[], from: number): number {
  const sorted = [...moments].sort((x, y) => x - y);
  let longest = 0;
  let before = from;
  for (const at of sorted) {
    if (at <= from) continue;
    longest = Math.max(longest, at - before);
    before = at;
  }
  return longest;
}
