/**
 * House rules that no linter knows: import directions, banned calls outside platform/, paths named in the docs that must exist,
 * and the list of invariants in ARCHITECTURE.md against the tests that claim to try them.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** What each folder of src/ may import; itself and packages are always allowed. */
const MAY_IMPORT: Record<string, string[]> = {
  model: [],
  platform: ['model'],
  config: ['model', 'platform', 'errors.ts'],
  observe: ['model', 'platform'],
  windows: ['model', 'platform', 'record'],
  detect: ['model'],
  decide: ['model'],
  store: ['model', 'platform', 'errors.ts'],
  record: ['model', 'platform', 'config', 'decide', 'errors.ts'],
  notify: ['model', 'platform', 'config', 'store', 'record', 'errors.ts'],
  status: ['model', 'platform', 'config', 'store', 'record', 'notify', 'errors.ts'],
  report: ['model', 'record', 'status'],
  api: [
    'model',
    'platform',
    'config',
    'detect',
    'decide',
    'store',
    'record',
    'notify',
    'status',
    'report',
    'errors.ts',
  ],
  controller: [
    'model',
    'platform',
    'config',
    'observe',
    'detect',
    'decide',
    'store',
    'record',
    'windows',
    'notify',
    'status',
    'api',
    'errors.ts',
  ],
  replay: ['model', 'platform', 'config', 'detect', 'decide', 'record', 'controller', 'errors.ts'],
  console: ['model'],
  agent: ['model', 'platform', 'config', 'observe', 'store', 'errors.ts'],
  edge: ['model', 'platform', 'config', 'observe', 'store', 'windows', 'errors.ts'],
};
/** Folders where no clock, timer or chance may be used except through platform/. */
const PURE_OF_TIME = Object.keys(MAY_IMPORT).filter((folder) => folder !== 'platform');
/** A socket's own `setTimeout` is no timer of ours. */
const BANNED =
  /\b(Date\.now|performance\.now|new Date\(\)|Math\.random)\b|(?<!\.)\b(setTimeout|setInterval|setImmediate)\b/;

interface Problem {
  file: string;
  line: number;
  what: string;
}

const problems: Problem[] = [];

function lines(file: string): string[] {
  return readFileSync(join(ROOT, file), 'utf8').split('\n');
}

function checkImports(file: string): void {
  const folder = file.split('/')[1]!;
  const allowed = MAY_IMPORT[folder];
  if (allowed === undefined || file.endsWith('.test.ts')) return;
  lines(file).forEach((text, index) => {
    const target = /(?:from|import)\s*\(?'(\.{1,2}\/[^']+)'/.exec(text)?.[1];
    if (target === undefined) return;
    const path = normalize(join(dirname(file), target));
    const [top, other] = path.split('/');
    if (top !== 'src') problems.push({ file, line: index + 1, what: `imports ${path} from outside src/` });
    else if (other !== folder && !allowed.includes(other!)) {
      problems.push({
        file,
        line: index + 1,
        what: `${folder}/ may import only ${allowed.join(', ') || 'nothing'}, not ${other}`,
      });
    }
  });
}

function checkBannedCalls(file: string): void {
  // A browser has no src/platform/; the console keeps its clock and timers in one folder too.
  if (file.startsWith('src/console/browser/') || file.endsWith('.test.ts')) return;
  if (!PURE_OF_TIME.includes(file.split('/')[1]!)) return;
  lines(file).forEach((text, index) => {
    const found = BANNED.exec(text.replace(/\/\/.*|^\s*\*.*/, ''))?.[1];
    if (found !== undefined)
      problems.push({
        file,
        line: index + 1,
        what: `${found}: time and chance come from src/platform (in the console: src/console/browser)`,
      });
  });
}

/** Paths in back-quotes or links that look like files of this repository must exist. */
function checkDocPaths(file: string): void {
  const tops = ['src', 'test', 'docs', 'bin', 'scripts', 'examples', 'bench', 'sim'];
  lines(file).forEach((text, index) => {
    const named = [...text.matchAll(/`([^`\s]+)`/g), ...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(
      (match) => match[1]!,
    );
    for (const name of named) {
      if (/^https?:|[*<>{}$|]|\.\.\./.test(name)) continue;
      const fromRoot = tops.includes(name.split('/')[0]!) && name.includes('/');
      const isLink = text.includes(`](${name}`);
      if (!fromRoot && !isLink) continue;
      const path = isLink ? join(dirname(file), name) : name.replace(/:\d+$/, '');
      if (!existsSync(join(ROOT, path)))
        problems.push({ file, line: index + 1, what: `names ${name}, which does not exist` });
    }
  });
}

/** ARCHITECTURE.md's rows `| I4 | … | tests |` against the `(I4)` in test names, both ways. */
function checkInvariants(tests: string[]): void {
  const file = 'ARCHITECTURE.md';
  if (!existsSync(join(ROOT, file))) return;
  const listed = new Map<string, string>();
  for (const text of lines(file)) {
    const row = /^\|\s*(I\d+)\s*\|(.*)$/.exec(text);
    if (row !== null) listed.set(row[1]!, row[2]!);
  }
  const claimed = new Map<string, Set<string>>();
  for (const test of tests) {
    for (const match of readFileSync(join(ROOT, test), 'utf8').matchAll(/\((I\d+(?:, ?I\d+)*)\)/g)) {
      for (const name of match[1]!.split(/, ?/)) claimed.set(name, (claimed.get(name) ?? new Set()).add(test));
    }
  }
  for (const [name, row] of listed) {
    for (const test of claimed.get(name) ?? []) {
      if (!row.includes(test))
        problems.push({ file, line: 1, what: `${name} does not list ${test}, which claims to test it` });
    }
    for (const match of row.matchAll(/`((?:src|test|sim|bench)\/[^`]+)`/g)) {
      if (!claimed.get(name)?.has(match[1]!))
        problems.push({ file, line: 1, what: `${name} lists ${match[1]}, which has no test named (${name})` });
    }
  }
  for (const name of claimed.keys())
    if (!listed.has(name)) problems.push({ file, line: 1, what: `${name} is tested and not listed` });
}

const sources = globSync('src/**/*.{ts,tsx}', { cwd: ROOT });
const tests = globSync(['{src,test,sim,bench}/**/*.test.ts'], { cwd: ROOT });
for (const file of sources) {
  checkImports(file);
  checkBannedCalls(file);
}
for (const file of globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md'], { cwd: ROOT })) checkDocPaths(file);
checkInvariants(tests);

for (const { file, line, what } of problems) console.error(`${relative('.', join(ROOT, file))}:${line}: ${what}`);
console.error(
  problems.length === 0
    ? `house rules: ${sources.length} files, no problem`
    : `house rules: ${problems.length} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
