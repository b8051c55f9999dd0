/**
 * What a schema cannot say about a site description: files that have to exist, placeholders that have to be known, names that may
 * stand only once. Each check works on the raw content and puts up with anything, so that one problem never hides another.
 */
import { readFileSync, type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Problem } from '../errors.ts';
import { PLACEHOLDERS } from '../model/index.ts';
import { type Path, pathText, type YamlDocument } from './document.ts';
import { placeholdersIn } from './fill.ts';
import { nearest } from './nearest.ts';
import { valueAt } from './schema-problems.ts';

/** All of them. `folder`: where relative paths start. */
export function siteChecks(document: YamlDocument, folder: string): Problem[] {
  const problems: Problem[] = [];
  const context: Context = {
    listAt: (...path) => {
      const value = valueAt(document.value, path);
      return Array.isArray(value) ? value : [];
    },
    report: (path, wrong, right) => {
      problems.push({ path: pathText(path), line: document.lineOf(path), wrong, right });
    },
    at: (path) => valueAt(document.value, path),
    folder,
  };
  for (const check of [repeatedNames, nestedFolders, installedFiles, placeholders, programs]) check(context);
  return problems;
}

interface Context {
  /** The list at a path; empty when there is none. */
  listAt(...path: PropertyKey[]): unknown[];
  at(path: Path): unknown;
  report(path: Path, wrong: string, right: string | null): void;
  folder: string;
}

const ONCE: { list: string[]; field: string | null; right: string }[] = [
  { list: ['hosts'], field: null, right: 'each host name once' },
  { list: ['zones'], field: null, right: 'each zone once: a zone holds one copy' },
  { list: ['files'], field: null, right: 'each folder once' },
  { list: ['notify'], field: null, right: 'each address once' },
  { list: ['application', 'processes'], field: 'name', right: 'a name of its own for each process' },
  { list: ['application', 'install'], field: 'to', right: 'a place of its own for each thing installed' },
];

function repeatedNames({ listAt, report }: Context): void {
  for (const { list, field, right } of ONCE) {
    const seen = new Set<string>();
    for (const [index, item] of listAt(...list).entries()) {
      const name = field === null ? item : valueAt(item, [field]);
      if (typeof name !== 'string') continue;
      const path = field === null ? [...list, index] : [...list, index, field];
      if (seen.has(name)) report(path, `is "${name}" a second time`, right);
      seen.add(name);
    }
  }
}

function nestedFolders({ listAt, report }: Context): void {
  const folders = listAt('files').filter((folder) => typeof folder === 'string');
  for (const [index, folder] of listAt('files').entries()) {
    if (typeof folder !== 'string') continue;
    const outer = folders.find((other) => folder.startsWith(`${other.replace(/\/$/, '')}/`) && folder !== other);
    if (outer !== undefined)
      report(['files', index], `lies inside "${outer}", which is listed too`, `"${outer}" alone`);
  }
}

function installedFiles({ listAt, at, report, folder }: Context): void {
  for (const [index, step] of listAt('application', 'install').entries()) {
    const path = ['application', 'install', index];
    const from = valueAt(step, ['from']);
    if (typeof from !== 'string' || from.trim() === '') continue;
    const fills = valueAt(step, ['fill']) === true;
    if (fills && valueAt(step, ['link']) === true) {
      report([...path, 'link'], 'is true together with fill', "one of them: a filled file is the copy's own");
    }
    const file = resolve(folder, from);
    const found = statOf(file);
    if (found === null)
      report([...path, 'from'], `is "${from}", and ${file} does not exist`, 'a file or folder that exists');
    else if (fills && found.isDirectory())
      report([...path, 'fill'], 'is true for a folder', 'fill only for single files');
    else if (fills)
      checkText(readText(file), hasCache(at), (wrong, right) => report([...path, 'from'], `${file} ${wrong}`, right));
  }
}

function placeholders({ listAt, at, report }: Context): void {
  const environments: Path[] = [['application', 'environment']];
  for (const index of listAt('application', 'processes').keys()) {
    environments.push(['application', 'processes', index, 'environment']);
  }
  for (const path of [...commandsOf(listAt), ...environments]) {
    const value = at(path);
    if (value === null || typeof value !== 'object') continue;
    for (const [key, text] of Object.entries(value)) {
      const place = [...path, Array.isArray(value) ? Number(key) : key];
      if (typeof text === 'string') checkText(text, hasCache(at), (wrong, right) => report(place, wrong, right));
    }
  }
  const url = at(['search', 'url']);
  if (typeof url === 'string') {
    checkText(url, hasCache(at), (wrong, right) => report(['search', 'url'], wrong, right));
  }
}

function commandsOf(listAt: Context['listAt']): Path[] {
  const processes = [...listAt('application', 'processes').keys()];
  return [
    ['application', 'setup'],
    ['application', 'cron', 'command'],
    ['search', 'rebuild'],
    ...processes.map((index) => ['application', 'processes', index, 'command']),
  ];
}

/** A command of blanks would fail only when it is needed. */
function programs({ listAt, at, report }: Context): void {
  for (const path of commandsOf(listAt)) {
    const program = valueAt(at(path), [0]);
    if (typeof program === 'string' && program.trim() === '') {
      report([...path, 0], 'is empty', 'the program to run');
    }
  }
}

const hasCache = (at: Context['at']) => at(['cache']) === 'redis';

function checkText(text: string, cached: boolean, report: (wrong: string, right: string) => void): void {
  for (const name of placeholdersIn(text)) {
    if ((PLACEHOLDERS as readonly string[]).includes(name)) {
      if (name.startsWith('cache.') && !cached) {
        report(`uses {{${name}}}, and this site has no cache`, 'cache: redis, or no such placeholder');
      }
      continue;
    }
    const meant = nearest(name, PLACEHOLDERS);
    report(
      `uses {{${name}}}, which is not a placeholder`,
      meant === null ? `one of ${PLACEHOLDERS.map((known) => `{{${known}}}`).join(', ')}` : `{{${meant}}}`,
    );
  }
}

function statOf(file: string): Stats | null {
  try {
    return statSync(file);
  } catch {
    return null;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
