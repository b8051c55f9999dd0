// Runs one long command with a calm line about it, and shows what it wrote only when it fails.
import { spawn } from 'node:child_process';

const LINES_SHOWN = 25;
const startedAt = Date.now();

/** Rejects with the command's last lines when it fails. */
export function step(title, [command, ...args], options = {}) {
  const interactive = process.stdout.isTTY === true;
  const begunAt = Date.now();
  const line = (mark) => `${seconds(startedAt).padStart(7)}  ${mark} ${title.padEnd(46)} ${seconds(begunAt)}`;
  if (!interactive) process.stdout.write(`${seconds(startedAt).padStart(7)}  … ${title}\n`);
  const redraw = interactive ? setInterval(() => process.stdout.write(`\r\x1b[2K${line('…')}`), 500) : undefined;
  const finish = (mark) => {
    clearInterval(redraw);
    process.stdout.write(`${interactive ? '\r\x1b[2K' : ''}${line(mark)}\n`);
  };
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const keep = (chunk) => {
      said = (said + chunk).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => {
      finish('✗');
      reject(new Error(`${command}: ${error.message}`));
    });
    child.on('close', (status) => {
      finish(status === 0 ? '✓' : '✗');
      if (status === 0) return resolve();
      const last = said.trimEnd().split('\n').slice(-LINES_SHOWN).join('\n');
      reject(new Error(`${last}\n\nfailed: ${command} ${args.join(' ')}`));
    });
  });
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
