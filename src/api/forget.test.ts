/** Old audit entries and expired tokens go; what is younger stays. */
import { expect, test } from 'vitest';
import { createManualClock } from '../platform/manual-clock.ts';
import { anAudit, aToken } from '../store/access-contract.ts';
import { MemoryCluster, openMemoryStore } from '../store/memory.ts';
import { forgetOld } from './forget.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

test('audit entries go after 400 days, tokens a day after they expired', async () => {
  const clock = createManualClock();
  const store = openMemoryStore(new MemoryCluster(), { clock });
  const now = clock.wall();
  await store.keepAudit(anAudit(now - 401 * DAY_MS));
  await store.keepAudit(anAudit(now - 399 * DAY_MS));
  for (let index = 0; index < 450; index += 1)
    await store.addToken(aToken(`t-${1_000 + index}`, { expiresAt: now - 2 * DAY_MS }));
  await store.addToken(aToken('t-late', { expiresAt: now - HOUR_MS }));
  await store.addToken(aToken('t-good', { expiresAt: now + DAY_MS }));
  await forgetOld({ clock, store });
  expect((await store.audit({ most: 10 })).map(({ at }) => at)).toEqual([now - 399 * DAY_MS]);
  expect((await store.tokens({ most: 1_000 })).map(({ id }) => id)).toEqual(['t-good', 't-late']);
});
