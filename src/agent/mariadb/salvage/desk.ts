/** What people ask of everything that was set aside on this host: what there is, what is in it, and to discard it. */
import { createReadStream } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SiteId, ZoneId } from '../../../model/index.ts';
import type { Log } from '../../../platform/log.ts';
import { syncFolder } from '../files.ts';
import { findAllSalvaged, type Manifest, type Salvaged } from './manifest.ts';

/** One folder; `manifest` null: what only it has is still being looked for. */
export interface Kept {
  id: string;
  site: SiteId;
  zone: ZoneId;
  folder: string;
  because: string | null;
  keptSince: number;
  manifest: Manifest | null;
  /** Bytes of salvage.sql; null: there is none. */
  sqlBytes: number | null;
}

export type Discarded = 'discarded' | 'unknown' | 'other-site' | 'busy';

export interface SalvageDesk {
  /** All sites' folders, oldest first of each. */
  list(): Promise<Kept[]>;
  /** Null: there is no such folder. */
  show(id: string): Promise<Kept | null>;
  /** salvage.sql; null: there is none. */
  sql(id: string): Promise<NodeJS.ReadableStream | null>;
  /** Deletes it for good, for whoever named its site too. Repeatable. */
  discard(id: string, order: { site: SiteId; by: string }): Promise<Discarded>;
}

export interface SalvageDeskOptions {
  root: string;
  log: Log;
  /** Something of that site is gone. */
  onDiscarded(site: SiteId): void;
}

const GONE = '.discarded-';

export function createSalvageDesk({ root, log, onDiscarded }: SalvageDeskOptions): SalvageDesk {
  const find = async (id: string) => (await findAllSalvaged(root)).find((one) => one.id === id) ?? null;
  return {
    async list() {
      void clearAway(root).catch(() => {});
      return Promise.all((await findAllSalvaged(root)).map(toKept));
    },
    async show(id) {
      const one = await find(id);
      return one === null ? null : toKept(one);
    },
    async sql(id) {
      const one = await find(id);
      if (one === null || (await toKept(one)).sqlBytes === null) return null;
      return createReadStream(join(one.folder, 'salvage.sql'));
    },
    async discard(id, { site, by }) {
      const one = await find(id);
      if (one === null) return 'unknown';
      if (one.why.site !== site) return 'other-site';
      if (one.manifest === null) return 'busy';
      log.warn({ site, folder: one.folder, by, transactions: one.manifest.transactions }, 'discarded by a person');
      // Out of sight at once: an agent that dies while it deletes must not leave half a folder that looks whole.
      await rename(one.folder, join(root, `${GONE}${id}`));
      await syncFolder(root);
      onDiscarded(site);
      await clearAway(root);
      return 'discarded';
    },
  };
}

async function clearAway(root: string): Promise<void> {
  const names = (await readdir(root).catch((): string[] => [])).filter((name) => name.startsWith(GONE));
  for (const name of names) await rm(join(root, name), { recursive: true, force: true });
}

async function toKept({ id, folder, why, manifest }: Salvaged): Promise<Kept> {
  const sqlBytes = await stat(join(folder, 'salvage.sql')).then(
    ({ size }) => size,
    () => null,
  );
  const { site, zone, because, at } = why;
  // While it is being extracted the file is only a part.
  return { id, site, zone, folder, because, keptSince: at, manifest, sqlBytes: manifest === null ? null : sqlBytes };
}
