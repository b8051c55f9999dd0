/** What is known of one data directory that was set aside: a small file beside it, for people and for the limits. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gtid, SiteId, WallMs, ZoneId } from '../../../model/index.ts';
import { readJson, writeDurably } from '../files.ts';

/** `why.json`, written before the directory is moved: what the rest follows from. */
export interface Why {
  site: SiteId;
  zone: ZoneId;
  epoch: number;
  /** The line behind which this copy's history is its own; null: not known. */
  line: Gtid | null;
  because: string | null;
  at: WallMs;
}

/** `manifest.json`: what only this copy had. */
export interface Manifest {
  site: SiteId;
  zone: ZoneId;
  because: string | null;
  keptSince: WallMs;
  /** Everything in the folder. */
  bytes: number;
  /** Null: which transactions only it has cannot be told from its logs (`trouble` says why). */
  transactions: number | null;
  /** GTIDs of the first and the last of them, and when they were committed by that server's clock. */
  from: Gtid | null;
  to: Gtid | null;
  firstAt: WallMs | null;
  lastAt: WallMs | null;
  /** Rows inserted, updated and deleted, by table. */
  tables: Record<string, { inserted: number; updated: number; deleted: number }>;
  trouble: string | null;
  /** Since when people are told that it will be deleted, and when that will be at the earliest. */
  warnedAt: WallMs | null;
  deletedAt: WallMs | null;
}

export interface Salvaged {
  /** The folder's name. */
  id: string;
  folder: string;
  why: Why;
  /** Null: not extracted yet. */
  manifest: Manifest | null;
}

/** All folders of that site, oldest first. */
export async function findSalvaged(root: string, site: SiteId): Promise<Salvaged[]> {
  return (await findAllSalvaged(root, `${site}-`)).filter(({ why }) => why.site === site);
}

/** Of all sites, by name, which is the oldest first of each. A folder without a readable `why.json` is left alone and not told of. */
export async function findAllSalvaged(root: string, prefix = ''): Promise<Salvaged[]> {
  const names = (await readdir(root).catch((): string[] => [])).filter((name) => name.startsWith(prefix)).sort();
  const found: Salvaged[] = [];
  for (const id of names) {
    const folder = join(root, id);
    const why = await readJson<Why>(join(folder, 'why.json')).catch(() => null);
    if (why === null || why.site === undefined || why.at === undefined || id.startsWith('.')) continue;
    found.push({
      id,
      folder,
      why,
      manifest: await readJson<Manifest>(join(folder, 'manifest.json')).catch(() => null),
    });
  }
  return found;
}

export function saveManifest(folder: string, manifest: Manifest): Promise<void> {
  return writeDurably(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

export async function bytesOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  let bytes = 0;
  for (const entry of entries) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => ({ size: 0 }))).size;
  }
  return bytes;
}
