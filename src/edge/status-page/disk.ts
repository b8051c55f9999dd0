/**
 * The status page's files as nginx serves them, below `status/pages`, and which version of each folder they are. Every file is whole
 * at any moment; the list of versions is written after them, so that whatever a crash leaves is at worst fetched once more.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** Ten thousand sites, and room. Beyond it a folder is not taken. */
export const MOST_FOLDERS = 30_000;
const MOST_FILE_BYTES = 2 * 1024 * 1024;

const version = z.string().regex(/^[0-9a-f]{16}$/);
/** Nothing else than this may become a path here. */
const path = z.string().regex(/^(?:[a-z0-9][a-z0-9-]{0,63}(?:\/[a-z0-9][a-z0-9-]{0,63})?)?$/);
const fileName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,30}\.(?:html|json|xml|css|svg)$/);

export const manifestSchema = z.object({
  version,
  folders: z.array(z.tuple([path, version])).max(MOST_FOLDERS),
});
export const foldersSchema = z.object({
  folders: z.array(z.object({ path, version, files: z.record(fileName, z.string().max(MOST_FILE_BYTES)) })),
});
export type FetchedFolder = z.infer<typeof foldersSchema>['folders'][number];

export interface PageFiles {
  /** By path: what lies there. */
  versions: ReadonlyMap<string, string>;
  put(folder: FetchedFolder): void;
  /** Removes what is not among these, and notes what there is. */
  settle(paths: ReadonlySet<string>): void;
  /** The whole page was found to be the newest at this moment; nginx tells visitors how long ago that was. */
  confirm(at: number): void;
}

/** Below the edge's `stateDir`. */
export function pagePaths(stateDir: string) {
  const folder = join(stateDir, 'status');
  return {
    folder,
    pages: join(folder, 'pages'),
    kept: join(folder, 'kept.json'),
    confirmed: join(folder, 'confirmed'),
    forms: join(folder, 'forms.sock'),
  };
}

const EMPTY = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Status</title></head>
<body><main><h1>Status</h1><p>The status page has not arrived here yet. Please come back in a minute.</p></main></body></html>
`;

/** Others may walk through the folders and read a file whose name they know; they cannot list them, since names of private pages are secrets. */
const FOLDER_MODE = 0o711;
const FILE_MODE = 0o644;

export function openPageFiles(stateDir: string): PageFiles {
  const paths = pagePaths(stateDir);
  mkdirSync(paths.folder, { recursive: true, mode: FOLDER_MODE });
  mkdirSync(paths.pages, { recursive: true, mode: FOLDER_MODE });
  const versions = readKept(paths.kept);
  for (const each of versions.keys()) if (!existsSync(join(paths.pages, each, 'index.html'))) versions.delete(each);
  if (!versions.has('')) replace(join(paths.pages, 'index.html'), EMPTY, FILE_MODE);

  return {
    versions,
    put: (folder) => {
      const place = join(paths.pages, folder.path);
      mkdirSync(place, { recursive: true, mode: FOLDER_MODE });
      for (const [name, text] of Object.entries(folder.files)) replace(join(place, name), text, FILE_MODE);
      versions.set(folder.path, folder.version);
    },
    settle: (wanted) => {
      for (const each of versions.keys()) {
        if (wanted.has(each) || each === '') continue;
        remove(join(paths.pages, each));
        versions.delete(each);
      }
      replace(paths.kept, JSON.stringify([...versions]), 0o600);
    },
    confirm: (at) => replace(paths.confirmed, String(Math.round(at)), FILE_MODE),
  };
}

/** Its files, and itself unless another folder lies in it. */
function remove(folder: string): void {
  for (const name of ['index.html', 'status.json', 'feed.xml']) rmSync(join(folder, name), { force: true });
  try {
    rmdirSync(folder);
  } catch {
    // `all` has `all/2` in it.
  }
}

function readKept(file: string): Map<string, string> {
  try {
    return new Map(z.array(z.tuple([path, version])).parse(JSON.parse(readFileSync(file, 'utf8'))));
  } catch {
    // None, or not whole: everything is fetched once more.
    return new Map();
  }
}

function replace(file: string, text: string, mode: number): void {
  const beside = join(dirname(file), `.new-${process.pid}`);
  writeFileSync(beside, text, { mode });
  renameSync(beside, file);
}
