#!/usr/bin/env node
// What `npm start`, `npm test` and the others run: looks whether this machine can do it, installs what is missing, and
// hands over to Node 24. Plain JavaScript for Node 18 without dependencies: it runs before anything is installed.
import { existsSync, statSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { step } from './step.js';
import { buildConsole, checks, realTests, run, unitTests } from './steps.js';
import { installPackages, missingPackages, whyNotHere } from './system.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NODE = `${ROOT}node_modules/node/bin/node`;

/** What each verb needs of the machine, and what it runs one after the other until something fails. */
const VERBS = {
  start: { system: true, work: () => [...buildConsole(ROOT), run('src/local/main.ts', rest)] },
  drill: { system: true, work: () => [run('src/drill/main.ts', rest)] },
  chaos: { system: true, work: () => [run('test/chaos/main.ts', rest)] },
  sim: { system: false, work: () => [run('sim/main.ts', rest)] },
  bench: { system: false, work: () => [run('bench/main.ts', rest)] },
  test: { system: true, work: () => [...checks(ROOT), ...buildConsole(ROOT), unitTests(rest), realTests(rest)] },
  console: { system: false, work: () => buildConsole(ROOT, { always: true }) },
  check: { system: false, work: () => checks(ROOT) },
  unit: { system: false, work: () => [unitTests(rest)] },
  quick: { system: false, work: () => [...checks(ROOT), unitTests(rest)] },
};

const [name = 'start', ...rest] = process.argv.slice(2);
const verb = VERBS[name];
if (verb === undefined) fail(`usage: bootstrap.js ${Object.keys(VERBS).join('|')}`);

const problem = verb.system ? whyNotHere(name, rest) : null;
if (problem !== null) fail(problem);

try {
  const missing = verb.system ? missingPackages(name) : [];
  if (missing.length > 0) await installPackages(missing);
  if (needsModules()) await installModules();
  linkCommand();
} catch (error) {
  fail(error.message);
}
for (const one of verb.work()) {
  const status = await one(ROOT, NODE);
  if (status !== 0) process.exit(status);
}

function needsModules() {
  const installed = `${ROOT}node_modules/.package-lock.json`;
  if (!existsSync(installed) || !existsSync(NODE)) return true;
  return statSync(installed).mtimeMs < statSync(`${ROOT}package-lock.json`).mtimeMs;
}

async function installModules() {
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  await step('npm packages and Node 24', [...npm, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: ROOT });
  if (!existsSync(NODE))
    throw new Error(`npm did not bring Node 24 to ${NODE}: its install script must be allowed to run.`);
}

/** So that `npx holdfast` finds this checkout's command, and not a package of that name. */
function linkCommand() {
  const link = `${ROOT}node_modules/.bin/holdfast`;
  if (!existsSync(link)) symlinkSync('../../bin/holdfast.js', link);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
