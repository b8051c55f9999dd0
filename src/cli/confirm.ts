/** Asks before something that only the other side can bring back; scripts give `--yes`. */
import { ask } from './ask.ts';
import { Trouble } from './trouble.ts';

/** `question` ends with a question mark. @throws Trouble when the answer is no, or nobody can be asked */
export async function confirm(question: string, yes: boolean | undefined): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY)
    throw new Trouble('Nobody can be asked here; a script says it with --yes. Nothing was changed.', 4);
  if (!/^y(es)?$/i.test(await ask(`${question} [y/N] `))) throw new Trouble('Nothing was changed.', 4);
}
