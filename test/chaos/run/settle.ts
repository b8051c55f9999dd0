/** After a round everything is mended, and the platform has to find back to a protected site with all its copies by itself. */
import { inWords, statusOf } from '../../../src/local/sites.ts';
import type { SiteStatus, StatusView } from '../../../src/model/index.ts';
import { isWrite } from '../check/reigns.ts';
import { mendEverything } from '../faults/index.ts';
import { now } from '../history/types.ts';
import type { Ground } from './ground.ts';

/** The machine of a test is small and shared: what this asks is that it converges, not how fast. */
export const CONVERGES_WITHIN_MS = 300_000;
const LOOK_EVERY_MS = 250;
const WRITTEN_WITHIN_MS = 1_500;
/** Mended once more when it has not helped for so long: a process may have been started into a freeze. */
const MEND_AGAIN_MS = 5_000;

export interface Settled {
  converged: boolean;
  tookMs: number;
  /** What is missing, when it has not. */
  detail: string;
}

export async function settle(ground: Ground): Promise<Settled> {
  const from = now();
  await mendEverything(ground.stage);
  let mendedAt = now();
  let detail = 'no controller answers';
  while (now() - from < CONVERGES_WITHIN_MS) {
    const view = await statusOf(ground.instance).catch(() => null);
    const missing = view === null ? 'no controller answers' : (missingIn(view, ground.site) ?? writesMissing(ground));
    if (missing === null) return { converged: true, tookMs: now() - from, detail: '' };
    detail = missing;
    if (now() - mendedAt > MEND_AGAIN_MS && now() - from < 2 * MEND_AGAIN_MS) {
      await mendEverything(ground.stage);
      mendedAt = now();
    }
    await ground.clock.sleep(LOOK_EVERY_MS);
  }
  return { converged: false, tookMs: now() - from, detail };
}

/** A copy may hang without anybody having noticed: what counts is that writes are acknowledged again. */
function writesMissing({ operations }: Ground): string | null {
  const newest = operations.findLast(({ verb, outcome }) => outcome === 'ok' && isWrite(verb));
  return newest !== undefined && now() - newest.complete < WRITTEN_WITHIN_MS ? null : 'no write is acknowledged';
}

/** Null: protected, every copy is there and well, every zone is healthy. Pure. */
export function missingIn(view: StatusView, site: string): string | null {
  const status = view.sites.find((one) => one.site === site);
  if (status === undefined) return 'the site is unknown';
  if (!view.storeFresh) return 'the store does not answer';
  const sick = view.zones.filter((zone) => zone.state !== 'healthy');
  if (sick.length > 0) return sick.map(({ zone, state }) => `zone ${zone} is ${state}`).join(', ');
  if (!status.protected || !isWhole(status)) return inTrouble(status);
  return null;
}

function isWhole({ copies }: SiteStatus): boolean {
  return copies.every(({ role, database, application, lagMs }) => {
    if (role === 'none' || database !== 'running') return false;
    if (role !== 'spare' && application !== 'ready') return false;
    return role === 'live' || (lagMs !== null && lagMs < 2_000);
  });
}

function inTrouble(status: SiteStatus): string {
  const troubles = status.copies.map(({ zone, trouble }) => (trouble === null ? null : `${zone}: ${trouble}`));
  const refusal = status.refusal === null ? '' : `; refused: ${status.refusal.code}`;
  return [inWords(status) + refusal, ...troubles.filter((one) => one !== null)].join('; ');
}
