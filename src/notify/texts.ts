/** The texts that notices are made of: files that come with the program, each of which a folder of the operator's may replace, by language. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { placeholdersIn } from '../config/fill.ts';
import { nearest } from '../config/nearest.ts';

const BUILT_IN = new URL('./templates/', import.meta.url).pathname;
const FALLBACK = 'en';

/** Everything that a text may be filled with; empty where it does not apply. */
export const TEXT_PLACEHOLDERS = [
  'service',
  'name',
  'site',
  'host',
  'sites',
  'count',
  'time',
  'cause',
  'zone',
  'from',
  'to',
  'live',
  'standby',
  'impact',
  'left',
  'refusal',
  'stage',
  'occasion',
  'by',
  'text',
  'plan',
  'lost',
  'done',
  'requests',
  'failed',
  'held',
  'longest',
  'down',
  'cold',
  'safe',
  'open',
  'more',
  'number',
  'step',
  'within',
  'link',
  'incident',
  'incidentUrl',
  'console',
  'status',
  'support',
  'sales',
  'ask',
  'subject',
  'body',
  'links',
] as const;

export interface Letter {
  subject: string;
  body: string;
}

export interface Texts {
  letter(name: string): Letter;
  frame: string;
  words(key: string): string;
}

/** Names of all files of a language, without `.txt`. */
export function textNames(): string[] {
  return readdirSync(join(BUILT_IN, FALLBACK))
    .map((file) => file.replace(/\.txt$/, ''))
    .toSorted();
}

/** The texts of a language; what is missing in it is English. Reads every file once. */
export function loadTexts(folder: string | null, language: string): Texts {
  const files = new Map<string, string>();
  const words = new Map<string, string>();
  for (const place of placesOf(folder, language)) {
    for (const name of textNames()) {
      const text = readOrNull(join(place, `${name}.txt`));
      if (text === null) continue;
      if (name === 'words') for (const [key, word] of wordsIn(text)) words.set(key, word);
      else files.set(name, text);
    }
  }
  return {
    letter: (name) => letterIn(files.get(name) ?? ''),
    frame: files.get('letter') ?? '{{body}}',
    words: (key) => words.get(key) ?? '',
  };
}

/** Least wanted first. */
function placesOf(folder: string | null, language: string): string[] {
  const languages = [FALLBACK, ...(language === FALLBACK ? [] : [language.split('-')[0]!, language])];
  return languages.flatMap((each) => [join(BUILT_IN, each), ...(folder === null ? [] : [join(folder, each)])]);
}

export function put(text: string, values: Record<string, string>): string {
  return text.replace(/\{\{\s*([A-Za-z]+)\s*\}\}/g, (_, name: string) => values[name] ?? '');
}

function letterIn(text: string): Letter {
  const [, subject = '', body = ''] = /^Subject: *([^\n]*)\n([\s\S]*)$/.exec(text) ?? [];
  return { subject, body: body.trim() };
}

function wordsIn(text: string): Map<string, string> {
  const pairs = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => /^([a-z0-9.+-]+):\s*(.*)$/.exec(line))
    .filter((match) => match !== null);
  return new Map(pairs.map(([, key, word]) => [key!, word!]));
}

export interface TextProblem {
  wrong: string;
  right: string | null;
}

/** What is wrong with a folder of texts for people of these languages. */
export function textProblems(folder: string | null, languages: Iterable<string>): TextProblem[] {
  if (folder !== null && !existsSync(folder))
    return [{ wrong: `is ${folder}, which does not exist`, right: 'a folder' }];
  const present =
    folder === null ? [] : readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [
    ...present.flatMap(({ name }) => filesProblems(join(folder!, name), name)),
    ...[...new Set(languages)]
      .filter((language) => language !== FALLBACK)
      .flatMap((language) => missing(folder, language)),
  ];
}

function filesProblems(folder: string, language: string): TextProblem[] {
  const known = textNames();
  return readdirSync(folder).flatMap((file) => {
    const name = file.replace(/\.txt$/, '');
    const at = `${language}/${file}`;
    if (!known.includes(name) || !file.endsWith('.txt'))
      return [{ wrong: `${at} is read by nobody`, right: withTxt(nearest(name, known)) }];
    return contentProblems(at, name, readOrNull(join(folder, file)) ?? '');
  });
}

function contentProblems(at: string, name: string, text: string): TextProblem[] {
  const problems: TextProblem[] = placeholdersIn(text)
    .filter((used) => !(TEXT_PLACEHOLDERS as readonly string[]).includes(used))
    .map((used) => {
      const meant = nearest(used, TEXT_PLACEHOLDERS);
      return { wrong: `${at} uses {{${used}}}, which is not known`, right: meant === null ? null : `{{${meant}}}` };
    });
  if (name === 'letter' && !text.includes('{{body}}'))
    problems.push({ wrong: `${at} has no {{body}}, so nobody would read anything`, right: '{{body}} in it' });
  if (name !== 'letter' && name !== 'words' && letterIn(text).subject === '')
    problems.push({
      wrong: `${at} does not begin with a subject`,
      right: 'a first line such as Subject: {{site}} was moved',
    });
  if (name === 'words') {
    const known = [...wordsIn(builtIn('words')).keys()];
    for (const key of wordsIn(text).keys())
      if (!known.includes(key))
        problems.push({ wrong: `${at} has ${key}, which is read by nobody`, right: nearest(key, known) });
  }
  return problems;
}

/** Files and words that people of this language would read in English. */
function missing(folder: string | null, language: string): TextProblem[] {
  const places = placesOf(folder, language).filter((place) => !place.endsWith(`/${FALLBACK}`));
  const has = (name: string) => places.some((place) => existsSync(join(place, `${name}.txt`)));
  const absent = textNames().filter((name) => !has(name));
  const words = new Set(places.flatMap((place) => [...wordsIn(readOrNull(join(place, 'words.txt')) ?? '').keys()]));
  const absentWords = has('words') ? [...wordsIn(builtIn('words')).keys()].filter((key) => !words.has(key)) : [];
  const lacks = [...absent.map((name) => `${name}.txt`), ...absentWords.map((key) => `words.txt: ${key}`)];
  if (lacks.length === 0) return [];
  return [
    {
      wrong: `has no ${language} text for ${lacks.join(', ')}`,
      right: `these in a folder ${language}, or people who read en`,
    },
  ];
}

function builtIn(name: string): string {
  return readOrNull(join(BUILT_IN, FALLBACK, `${name}.txt`)) ?? '';
}

function withTxt(name: string | null): string | null {
  return name === null ? null : `${name}.txt`;
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
