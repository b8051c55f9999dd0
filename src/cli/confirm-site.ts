/** Asks for the site's name before something that cannot be taken back; scripts give it with `--yes-i-mean`. */
import { ask } from './ask.ts';
import { Trouble } from './trouble.ts';

/** `what`: `give this up`. @throws Trouble when the name is not given, or is another */
export async function confirmSite(site: string, meant: string | undefined, what: string): Promise<void> {
  if (meant !== undefined) {
    if (meant !== site) throw new Trouble(`--yes-i-mean names ${meant}, not ${site}: nothing was changed.`, 4);
    return;
  }
  if (!process.stdin.isTTY)
    throw new Trouble(`Nobody can be asked here; a script says it with --yes-i-mean ${site}. Nothing was changed.`, 4);
  if ((await ask(`Type the name of the site to ${what}: `)) !== site)
    throw new Trouble('That is not its name: nothing was changed.', 4);
}
