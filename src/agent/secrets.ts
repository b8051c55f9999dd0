/** A site's secrets: from the store, and kept beside the copy for a restart while the store is down. */
import { join } from 'node:path';
import type { SiteId, SiteSecrets } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import { readJson, writeWhole } from '../platform/files.ts';
import type { Log } from '../platform/log.ts';
import type { Store } from '../store/store.ts';

const RETRY_MS = 1_000;

/** Resolves once they are known; null when `signal` aborts first. Only an abort ends the attempts, one a second. */
export async function findSecrets(
  { store, clock, log }: { store: Store; clock: Clock; log: Log },
  site: SiteId,
  folder: string,
  signal: AbortSignal,
): Promise<SiteSecrets | null> {
  const file = join(folder, 'secrets.json');
  const kept = parseSecrets(readJson(file));
  if (kept !== null) return kept;
  while (!signal.aborted) {
    try {
      const secrets = await store.secrets(site);
      if (secrets !== null) {
        await writeWhole(file, JSON.stringify(secrets), 0o600);
        return secrets;
      }
    } catch (error) {
      log.warn({ trouble: error instanceof Error ? error.message : String(error) }, 'no secrets of this site yet');
    }
    await clock.sleep(RETRY_MS, signal);
  }
  return null;
}

function parseSecrets(found: unknown): SiteSecrets | null {
  if (typeof found !== 'object' || found === null) return null;
  const { databasePassword, replicationPassword, adminPassword, siteSecret } = found as Record<string, unknown>;
  const all = { databasePassword, replicationPassword, adminPassword, siteSecret };
  return Object.values(all).every((one) => typeof one === 'string') ? (all as SiteSecrets) : null;
}
