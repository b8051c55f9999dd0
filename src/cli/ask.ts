/** One question at the terminal. */
import { createInterface } from 'node:readline/promises';
import { Trouble } from './trouble.ts';

/** What was typed, without the space around it. @throws Trouble when the terminal is closed, or Ctrl-C or Ctrl-D pressed, instead */
export async function ask(question: string): Promise<string> {
  const questions = createInterface({ input: process.stdin, output: process.stdout });
  const closed = new AbortController();
  questions.once('close', () => closed.abort());
  try {
    return (await questions.question(question, { signal: closed.signal })).trim();
  } catch {
    process.stdout.write('\n');
    throw new Trouble('There was no answer. Nothing was changed.', 4);
  } finally {
    questions.close();
  }
}
