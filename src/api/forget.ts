/** What is too old goes: audit entries after 400 days, tokens and sessions a day after they expired. Every controller does it; twice does no harm. */
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';

const EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;
const AUDIT_KEPT_MS = 400 * DAY_MS;
const PAGE = 200;

export interface ForgetOptions {
  clock: Clock;
  log: Log;
  store: Pick<Store, 'forgetAudit' | 'tokens' | 'removeToken'>;
}

/** Returns what ends it. */
export function startForgetting(options: ForgetOptions): () => void {
  return options.clock.every(EVERY_MS, async () => {
    try {
      await forgetOld(options);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) options.log.error({ err: error }, 'clearing old access away failed');
    }
  });
}

export async function forgetOld({ clock, store }: Pick<ForgetOptions, 'clock' | 'store'>): Promise<void> {
  const now = clock.wall();
  await store.forgetAudit(now - AUDIT_KEPT_MS);
  let after: string | undefined;
  do {
    const page = await store.tokens({ most: PAGE, ...(after === undefined ? {} : { after }) });
    // A sign-in link is good for less than its session, so that none can be used again by then.
    for (const { id, expiresAt } of page) if (now - expiresAt > DAY_MS) await store.removeToken(id);
    after = page.length === PAGE ? page.at(-1)!.id : undefined;
  } while (after !== undefined);
}
