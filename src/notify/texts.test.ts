/** The texts: the built-in ones are whole, and what is wrong with an operator's own is said when the description is applied. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { placeholdersIn } from '../config/fill.ts';
import { loadTexts, put, TEXT_PLACEHOLDERS, textNames, textProblems } from './texts.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hf-texts-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const write = (language: string, name: string, text: string) => {
  mkdirSync(join(folder, language), { recursive: true });
  writeFileSync(join(folder, language, name), text);
};

it('the built-in texts use only what they are filled with, and all of it is used', () => {
  const all = textNames()
    .map((name) => readFileSync(new URL(`./templates/en/${name}.txt`, import.meta.url), 'utf8'))
    .join('\n');
  const used = placeholdersIn(all.replace('{{placeholders}}', ''));
  for (const name of used) expect(TEXT_PLACEHOLDERS).toContain(name);
});

it('a folder replaces single texts and single words; the rest stays', () => {
  write('en', 'moved.txt', 'Subject: Umgezogen: {{site}}\n\nYes.\n');
  write('en', 'words.txt', 'left.over: Over.\n');
  const texts = loadTexts(folder, 'en');
  expect(texts.letter('moved')).toEqual({ subject: 'Umgezogen: {{site}}', body: 'Yes.' });
  expect(texts.words('left.over')).toBe('Over.');
  expect(texts.words('stage.done')).toContain('as planned');
  expect(texts.letter('exposed').body).toContain('{{left}}');
  expect(textProblems(folder, ['en'])).toEqual([]);
});

it.each([
  ['moved.txt', 'Subject: {{sit}}\n\nx', 'en/moved.txt uses {{sit}}, which is not known', '{{site}}'],
  [
    'moved.txt',
    'No subject',
    'en/moved.txt does not begin with a subject',
    'a first line such as Subject: {{site}} was moved',
  ],
  ['mooved.txt', 'Subject: x\n', 'en/mooved.txt is read by nobody', 'moved.txt'],
  ['letter.txt', 'Hello', 'en/letter.txt has no {{body}}, so nobody would read anything', '{{body}} in it'],
  ['words.txt', 'left.ovr: x', 'en/words.txt has left.ovr, which is read by nobody', 'left.over'],
])('%s that is wrong', (name, text, wrong, right) => {
  write('en', name, text);
  expect(textProblems(folder, [])).toEqual([{ wrong, right }]);
});

it('another language says what it lacks, and is read in English there', () => {
  write('de', 'moved.txt', 'Subject: {{site}} ist umgezogen\n\n{{left}}\n');
  write('de', 'words.txt', 'left.over: Vorbei.\n');
  const [problem, ...more] = textProblems(folder, ['de', 'de', 'en']);
  expect(more).toEqual([]);
  expect(problem!.wrong).toMatch(/^has no de text for .*exposed\.txt.*words\.txt: stage\.done/);
  expect(problem!.wrong).not.toContain('lacks moved.txt');
  expect(loadTexts(folder, 'de').letter('moved').subject).toBe('{{site}} ist umgezogen');
  expect(loadTexts(folder, 'de').letter('exposed').subject).toContain('is online');
  expect(textProblems(null, ['fr'])[0]!.wrong).toMatch(/^has no fr text for/);
  expect(textProblems('/nowhere', [])[0]!.wrong).toBe('is /nowhere, which does not exist');
});

it('what is filled in is not looked through again', () => {
  expect(put('{{ site }} {{host}} {{nothing}}', { site: '{{host}}', host: 'h' })).toBe('{{host}} h ');
});
