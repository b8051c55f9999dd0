/** The two questions that the command line asks, at a terminal of its own (`script`), where there is none, and for scripts. */
import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';

const CONFIRM = "import('./src/cli/confirm.ts').then((cli) => cli.confirm('End this subscription?', YES))";
const SITE = "import('./src/cli/confirm-site.ts').then((cli) => cli.confirmSite('shop', MEANT, 'give this up'))";
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

/** `typed`: null: there is no terminal. Answers with what stood there, and whether it went on. */
async function run(program: string, typed: string | null): Promise<{ shown: string; went: boolean }> {
  const told = `${program}.then(() => console.log('WENT ON'), (error) => console.log('STOPPED:', error.message))`;
  const command = [process.execPath, '-e', told];
  const child =
    typed === null
      ? spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] })
      : spawn('script', ['-qec', `"$NODE" -e "$PROGRAM"`, '/dev/null'], {
          env: { ...process.env, NODE: process.execPath, PROGRAM: told },
          stdio: ['pipe', 'pipe', 'inherit'],
        });
  let shown = '';
  let isTyped = false;
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    if (typed === null || isTyped || !/\? \[y\/N\]|give this up: /.test(shown)) return;
    isTyped = true;
    child.stdin!.write(typed);
  });
  await new Promise((resolve) => child.once('close', resolve));
  return { shown, went: shown.includes('WENT ON') };
}

const confirmed = (typed: string | null, yes = 'undefined') => run(CONFIRM.replace('YES', yes), typed);
const named = (typed: string | null, meant = 'undefined') => run(SITE.replace('MEANT', meant), typed);

it.each([
  ['y\r', true],
  ['YES\r', true],
  [' y \r', true],
  ['\r', false],
  ['n\r', false],
  ['yes please\r', false],
])('"%s": %s', async (typed, went) => {
  const answer = await confirmed(typed);
  expect(answer.went).toBe(went);
  expect(answer.shown).toContain('End this subscription? [y/N]');
  if (!went) expect(answer.shown).toContain('STOPPED: Nothing was changed.');
});

it.each([
  ['Ctrl-C', CTRL_C],
  ['Ctrl-D', CTRL_D],
])('%s: nothing was changed, and it says so', async (_, typed) => {
  expect((await confirmed(typed)).shown).toContain('STOPPED: There was no answer. Nothing was changed.');
  expect((await named(typed)).shown).toContain('STOPPED: There was no answer. Nothing was changed.');
});

it('without a terminal nobody is asked; a script says it beforehand', async () => {
  expect((await confirmed(null)).shown).toMatch(/STOPPED: Nobody can be asked here; a script says it with --yes\./);
  expect((await confirmed(null, 'true')).went).toBe(true);
  expect((await named(null)).shown).toMatch(/STOPPED: Nobody can be asked here; .* --yes-i-mean shop\./);
  expect((await named(null, "'shop'")).went).toBe(true);
  expect((await named(null, "'shpo'")).shown).toContain('STOPPED: --yes-i-mean names shpo, not shop');
});

it("the site's name, and no other", async () => {
  expect((await named('shop\r')).went).toBe(true);
  expect((await named('yes\r')).shown).toContain('STOPPED: That is not its name: nothing was changed.');
});
