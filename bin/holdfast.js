#!/usr/bin/env node
// The `holdfast` command: hands over to Node 24, which the project brings along, because the machine's own Node may be older.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const main = new URL('../src/cli/main.ts', import.meta.url);
const node = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));

if (Number(process.versions.node.split('.')[0]) >= 24) await import(main.href);
else if (existsSync(node)) handOver();
else {
  console.error('Holdfast is not set up yet. In its folder, run: npm ci');
  process.exit(1);
}

/** Runs the same command under Node 24; signals go on to it, and its exit status comes back. */
function handOver() {
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // Ctrl-C in a terminal reaches both of us; told twice, a program leaves at once instead of orderly.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    console.error(`${node}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (status, signal) => process.exit(status ?? 128 + (constants.signals[signal] ?? 0)));
}
