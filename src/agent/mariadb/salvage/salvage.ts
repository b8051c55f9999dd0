/** One site's data directories that were set aside: extracts what only they have, lists them, and keeps to the limits. */
import { rm } from 'node:fs/promises';
import type { SalvageReport, SiteId } from '../../../model/index.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Log } from '../../../platform/log.ts';
import { extract } from './extract.ts';
import { judgeSalvage, type SalvageLimits } from './limits.ts';
import { findSalvaged, type Manifest, type Salvaged, saveManifest } from './manifest.ts';

export interface Salvage {
  /** What is there, oldest first; as of the last look. */
  list(): SalvageReport[];
  /** Looks now; one at a time. */
  look(): Promise<void>;
  stop(): void;
}

export interface SalvageOptions {
  /** Folder of all set-aside data directories of this host. */
  root: string;
  site: SiteId;
  limits: SalvageLimits;
  clock: Clock;
  log: Log;
  /** Tells people of one that was extracted: under the epoch in which it was set aside. */
  onExtracted(epoch: number, tookMs: number, outcome: 'done' | 'failed', detail: string): void;
}

const LOOK_EVERY_MS = 10 * 60_000;

export function createSalvage(options: SalvageOptions): Salvage {
  const { root, site, clock, log } = options;
  let reports: SalvageReport[] = [];
  /** Something may be new since the look under way began. */
  let asked = false;
  let looking: Promise<void> | null = null;

  const lookOnce = async () => {
    const all = await findSalvaged(root, site);
    reports = all.map(toReport);
    for (const one of all) one.manifest ??= await extractOne(one);
    await keepToLimits(all);
    reports = (await findSalvaged(root, site)).map(toReport);
  };

  const extractOne = async (one: Salvaged): Promise<Manifest> => {
    const startedAt = clock.mono();
    const manifest = await extract(clock, one);
    const outcome = manifest.transactions === null ? 'failed' : 'done';
    options.onExtracted(one.why.epoch, clock.mono() - startedAt, outcome, sentenceOf(manifest, one.folder));
    return manifest;
  };

  const keepToLimits = async (all: Salvaged[]) => {
    const dated = all.map(({ id, manifest }) => ({ id, ...pick(manifest!) }));
    const verdicts = judgeSalvage(dated, options.limits, clock.wall());
    for (const { id, folder, manifest } of all) {
      const verdict = verdicts.get(id)!;
      if (verdict.deleteNow) {
        log.warn(
          { folder, keptSince: manifest!.keptSince },
          'a data directory that was set aside is deleted: its time is over',
        );
        await rm(folder, { recursive: true, force: true });
      } else if (verdict.deletedAt !== manifest!.deletedAt) {
        if (verdict.deletedAt !== null)
          log.warn({ folder, ...verdict }, 'a data directory that was set aside will be deleted');
        await saveManifest(folder, { ...manifest!, warnedAt: verdict.warnedAt, deletedAt: verdict.deletedAt });
      }
    }
  };

  const lookUntilSeen = async () => {
    while (asked) {
      asked = false;
      await lookOnce().catch((error: Error) =>
        log.warn({ detail: error.message }, 'what was set aside cannot be looked at'),
      );
    }
  };
  const look = () => {
    asked = true;
    looking ??= lookUntilSeen().finally(() => {
      looking = null;
    });
    return looking;
  };
  const stop = clock.every(LOOK_EVERY_MS, look);
  void look();
  return { list: () => reports, look, stop };
}

function pick({ keptSince, bytes, warnedAt }: Manifest) {
  return { keptSince, bytes, warnedAt };
}

function toReport({ id, folder, why, manifest }: Salvaged): SalvageReport {
  return {
    id,
    folder,
    keptSince: why.at,
    bytes: manifest?.bytes ?? 0,
    transactions: manifest?.transactions ?? null,
    deletedAt: manifest?.deletedAt ?? null,
  };
}

function sentenceOf({ transactions, from, to, firstAt, lastAt, trouble, tables }: Manifest, folder: string): string {
  if (transactions === null)
    return `what only this copy had cannot be told (${trouble}); all of it is kept in ${folder}`;
  const time = (at: number | null) => new Date(at ?? 0).toISOString().replace('.000Z', 'Z');
  const rows = Object.entries(tables).map(
    ([table, { inserted, updated, deleted }]) => `${table} +${inserted} ~${updated} -${deleted}`,
  );
  const what = rows.slice(0, 5).join(', ');
  return `${transactions} transactions that only this copy had (${from} to ${to}, ${time(firstAt)} to ${time(lastAt)}; ${what}) are in ${folder}/salvage.sql`;
}
