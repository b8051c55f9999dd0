// What the verbs are made of. Each step takes the checkout's folder and Node 24, and resolves with an exit status.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { constants } from 'node:os';

const VITEST = 'node_modules/vitest/vitest.mjs';

/** Types, style, then the project's own checks. */
export function checks(root) {
  const own = listOf(`${root}scripts`).filter((name) => /^check.*\.ts$/.test(name));
  return [
    run('node_modules/typescript/bin/tsc', ['-p', '.']),
    run('node_modules/typescript/bin/tsc', ['-p', 'src/console']),
    run('node_modules/@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.']),
    ...own.map((name) => run(`scripts/${name}`, [])),
  ];
}

export function unitTests(args) {
  return run(VITEST, ['run', '--project', 'unit', ...args]);
}

export function realTests(args) {
  return run(VITEST, ['run', '--project', 'real', ...args]);
}

/** The web console, built into `.holdfast/console/` when its sources are newer than what is there; `always`: in any case. */
export function buildConsole(root, { always = false } = {}) {
  const built = `${root}.holdfast/console/index.html`;
  const sources = ['src/console', 'src/model', 'package-lock.json'].map((name) => `${root}${name}`);
  if (!always && existsSync(built) && sources.every((source) => newest(source) <= statSync(built).mtimeMs)) return [];
  return [
    run('node_modules/vite/bin/vite.js', ['build', '--config', 'src/console/vite.config.ts', '--logLevel', 'warn']),
  ];
}

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(`${path}/${name}`)));
}

/** A script under Node 24, in the foreground: signals go on to it. */
export function run(script, args) {
  return (root, node) =>
    new Promise((resolve) => {
      const child = spawn(node, [script, ...args], {
        cwd: root,
        stdio: 'inherit',
        env: { ...process.env, NODE_COMPILE_CACHE: `${root}node_modules/.cache/compiled` },
      });
      const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => [signal, () => pass(child, signal)]);
      for (const [signal, handler] of handlers) process.on(signal, handler);
      const launcher = process.ppid;
      const orphaned = () => process.ppid !== launcher && child.kill('SIGTERM');
      // Under npm, the end of npm (also by SIGKILL) is the end of what it was to run.
      const watch = process.env.npm_lifecycle_event ? setInterval(orphaned, 500) : undefined;
      const finish = (status) => {
        clearInterval(watch);
        for (const [signal, handler] of handlers) process.off(signal, handler);
        resolve(status);
      };
      child.on('error', (error) => {
        console.error(`${node}: ${error.message}`);
        finish(1);
      });
      child.on('exit', (status, signal) => finish(status ?? 128 + (constants.signals[signal] ?? 0)));
    });
}

function pass(child, signal) {
  // Ctrl-C in a terminal has reached the child already.
  if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
}

function listOf(folder) {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
