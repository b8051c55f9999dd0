/** Waits until the platform's own programs answer, and gives up early when one of them cannot run at all. */
import { systemClock } from '../platform/clock.ts';
import type { Instance } from './instance.ts';
import type { Progress } from './progress.ts';
import { lastWords, type Supervisor } from './supervisor.ts';

const LIMIT_MS = 60_000;
const ASK_EVERY_MS = 100;
const ANSWER_WITHIN_MS = 1_000;
const EARLY_ENDS_TO_GIVE_UP = 4;

/** Throws with the program's last words when it ends again and again, or when the limit passes. */
export async function waitUntilAnswering(
  instance: Instance,
  supervisors: Supervisor[],
  progress: Progress,
): Promise<void> {
  const kinds = [
    ['etcd-', 'etcd: three members, one in each zone'],
    ['controller-', 'controllers'],
    ['agent-', 'agents'],
    ['edge', 'edge'],
  ] as const;
  for (const [prefix, title] of kinds) {
    const mine = supervisors.filter(({ program }) => program.name.startsWith(prefix));
    if (mine.length === 0) continue;
    await progress.step(title, () => Promise.all(mine.map((one) => waitForOne(instance, one))));
  }
}

async function waitForOne(instance: Instance, supervisor: Supervisor): Promise<void> {
  const { name } = supervisor.program;
  const url = healthUrl(instance, name);
  const until = systemClock.mono() + LIMIT_MS;
  while (!(await answers(url))) {
    const hopeless = supervisor.earlyEnds() >= EARLY_ENDS_TO_GIVE_UP;
    if (hopeless || systemClock.mono() > until) {
      const what = hopeless ? 'ends as soon as it is started' : `did not answer within ${LIMIT_MS / 1000} s (${url})`;
      throw new Error(`${name} ${what}. Its last words:\n${lastWords(instance, name)}`);
    }
    await systemClock.sleep(ASK_EVERY_MS);
  }
}

export function healthUrl(instance: Instance, program: string): string {
  const zone = instance.zones.find((candidate) => program.endsWith(`-${candidate.zone}`));
  if (zone === undefined) return `http://${instance.edge.control}/health`;
  if (program.startsWith('etcd-')) return `${zone.etcd}/health`;
  return `http://${program.startsWith('agent-') ? zone.agent : zone.controller}/health`;
}

/** Whether `url` answers with success now. */
export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
