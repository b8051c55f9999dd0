/**
 * Writes down what only a diverged copy had: its transactions beyond the line where the present live copy took over, as SQL that can be
 * read (rows as comments) and applied (`mariadb < salvage.sql`, GTIDs, times and server ids in it).
 */
import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { WallMs } from '../../../model/index.ts';
import type { Clock } from '../../../platform/clock.ts';
import { sequenceOf } from '../gtid.ts';
import { type Group, readGroups } from '../relay/log-file.ts';
import { bytesOf, type Manifest, type Salvaged, saveManifest } from './manifest.ts';

const LIMIT_MS = 30 * 60_000;
const CHANGED = /^### (INSERT INTO|UPDATE|DELETE FROM) (`.+`\.`.+`)$/;
const KINDS = { 'INSERT INTO': 'inserted', UPDATE: 'updated', 'DELETE FROM': 'deleted' } as const;

/** Repeatable: what an interrupted one has written is written anew. */
export async function extract(clock: Clock, { folder, why }: Salvaged): Promise<Manifest> {
  const found = await transactionsOf(folder, why.line).catch((error: Error) => error.message);
  const manifest = emptyManifest(why, typeof found === 'string' ? found : null);
  if (typeof found !== 'string') {
    const { files, groups } = found;
    manifest.transactions = groups.length;
    if (groups.length > 0) {
      const [first, last] = [groups[0]!, groups.at(-1)!];
      Object.assign(manifest, { from: first.gtid, to: last.gtid, firstAt: first.at * 1_000, lastAt: last.at * 1_000 });
      manifest.tables = await writeSql(clock, join(folder, 'salvage.sql'), files, first);
    }
  }
  manifest.bytes = await bytesOf(folder);
  await saveManifest(folder, manifest);
  return manifest;
}

/** Transactions of domain 0 beyond the line. */
async function transactionsOf(folder: string, line: string | null): Promise<{ files: string[]; groups: Group[] }> {
  if (line === null) throw new Error('it is not known where its history left the present one');
  const data = join(folder, 'data');
  const index = await readFile(join(data, 'bin.index'), 'utf8');
  const files = index
    .split('\n')
    .filter((name) => name !== '')
    .map((name) => join(data, basename(name)));
  const { groups, broken } = await readGroups(files);
  if (broken !== null) throw new Error(broken);
  const beyond = groups.filter(({ sequence }) => sequence > sequenceOf(line));
  if (beyond.length === 0) throw new Error(`nothing in its binlogs is beyond ${line}`);
  return { files, groups: beyond };
}

async function writeSql(clock: Clock, path: string, files: string[], first: Group): Promise<Manifest['tables']> {
  const tables: Manifest['tables'] = {};
  const out = await open(path, 'w', 0o600);
  const cancel = new AbortController();
  const stop = clock.after(LIMIT_MS, () => cancel.abort());
  try {
    const command = ['--no-defaults', '--verbose', `--start-position=${first.offset}`, ...files.slice(first.file)];
    const child = spawn('mariadb-binlog', command, { stdio: ['ignore', 'pipe', 'pipe'], signal: cancel.signal });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-400);
    });
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    ended.catch(() => {});
    for await (const line of createInterface({ input: child.stdout })) {
      count(tables, line);
      await out.write(`${line}\n`);
    }
    const code = await ended;
    if (code !== 0) throw new Error(`mariadb-binlog ended with ${code ?? 'a signal'}: ${said}`);
    await out.sync();
  } finally {
    stop();
    await out.close();
  }
  return tables;
}

function count(tables: Manifest['tables'], line: string): void {
  const [, verb, table] = CHANGED.exec(line) ?? [];
  if (verb === undefined || table === undefined) return;
  tables[table] ??= { inserted: 0, updated: 0, deleted: 0 };
  tables[table][KINDS[verb as keyof typeof KINDS]] += 1;
}

function emptyManifest(why: Salvaged['why'], trouble: string | null): Manifest {
  const nothing: WallMs | null = null;
  return {
    site: why.site,
    zone: why.zone,
    because: why.because,
    keptSince: why.at,
    bytes: 0,
    transactions: null,
    from: null,
    to: null,
    firstAt: nothing,
    lastAt: nothing,
    tables: {},
    trouble,
    warnedAt: nothing,
    deletedAt: nothing,
  };
}
