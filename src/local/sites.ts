/** Gives the running platform a site, and waits until it is protected. Used by start-up, tests and drills alike. */
import { readFileSync } from 'node:fs';
import { accessTo } from '../cli/access.ts';
import { askStatus } from '../cli/commands/status.ts';
import { reasonOf, wrongConfig } from '../config/load.ts';
import { parseSite } from '../config/site.ts';
import { HoldfastError } from '../errors.ts';
import type { SiteSpec, SiteStatus, StatusView } from '../model/index.ts';
import { systemClock } from '../platform/clock.ts';
import { createLog } from '../platform/log.ts';
import { openEtcdStore } from '../store/etcd.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';
import type { Instance } from './instance.ts';
import type { Progress } from './progress.ts';
import { silent } from './progress.ts';

const PROTECTED_WITHIN_MS = 120_000;
const APPLIED_WITHIN_MS = 15_000;
const ASK_EVERY_MS = 150;

/** Reads the description and writes it into the store; answers the site's name. Throws with every problem of the file. */
export async function addSite(instance: Instance, file: string): Promise<string> {
  const spec = readSite(file);
  const store = openEtcdStore({ endpoints: instance.endpoints, clock: systemClock, log: createLog('local') });
  try {
    await applyPatiently(store, spec);
  } finally {
    await store.close();
  }
  return spec.site;
}

/** A store that has just come up may elect once more, so it is asked again for a while; applying twice changes nothing. */
async function applyPatiently(store: Store, spec: SiteSpec): Promise<void> {
  const until = systemClock.mono() + APPLIED_WITHIN_MS;
  for (;;) {
    try {
      await store.applySite(spec, systemClock.wall());
      return;
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || systemClock.mono() > until) throw error;
      await systemClock.sleep(ASK_EVERY_MS);
    }
  }
}

/** @throws HoldfastError with every problem of the file. */
export function readSite(file: string): SiteSpec {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new HoldfastError('config-unreadable', { file, why: reasonOf(error) }, [], error);
  }
  const { spec, problems } = parseSite(text, file);
  if (spec === undefined) throw wrongConfig(file, problems);
  return spec;
}

/** The platform's status as any controller sees it; throws when none answers. */
export async function statusOf(instance: Instance): Promise<StatusView> {
  return (await askStatus(accessTo(instance))).body;
}

/** Resolves once the site could lose its live zone without anybody noticing much. */
export async function waitUntilProtected(
  instance: Instance,
  site: string,
  progress: Progress = silent,
  limitMs = PROTECTED_WITHIN_MS,
): Promise<SiteStatus> {
  return waitForSite(instance, site, `${site}: protected`, isWhole, progress, limitMs);
}

/** Protected, and both copies' applications ready: a standby that is still starting could not take visitors over. */
function isWhole(status: SiteStatus): boolean {
  const serving = status.copies.filter((copy) => copy.role === 'live' || copy.role === 'standby');
  return status.protected && serving.every((copy) => copy.application === 'ready');
}

/** Resolves with the first status of the site that `wanted` accepts; throws with the newest one when the limit passes. */
export async function waitForSite(
  instance: Instance,
  site: string,
  title: string,
  wanted: (status: SiteStatus) => boolean,
  progress: Progress = silent,
  limitMs = PROTECTED_WITHIN_MS,
): Promise<SiteStatus> {
  return progress.step(title, async (detail) => {
    const until = systemClock.mono() + limitMs;
    let newest = 'no controller has answered';
    while (systemClock.mono() < until) {
      const view = await statusOf(instance).catch(() => null);
      const status = view?.sites.find((one) => one.site === site);
      if (status && wanted(status)) return status;
      if (status) newest = inWords(status);
      detail(newest);
      await systemClock.sleep(ASK_EVERY_MS);
    }
    throw new Error(`${title}: not after ${Math.round(limitMs / 1000)} s. Newest: ${newest}`);
  });
}

/** `live in a, standby b, phase growing; c: building 40 %`. */
export function inWords(status: SiteStatus): string {
  const copies = status.copies
    .filter((copy) => copy.role !== 'none')
    .map((copy) => `${copy.zone} ${copy.role}: database ${copy.database}, application ${copy.application}`)
    .join('; ');
  return `${status.phase}; ${copies}`;
}
