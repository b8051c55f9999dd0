/** SMS and anything else: a program of the operator's, the message on its standard input, `{{to}}` filled into its words; status 0 is delivered. */
import { spawn } from 'node:child_process';
import { fill } from '../../config/fill.ts';
import type { Delivery } from '../channel.ts';

const MOST_OUTPUT = 500;

export async function deliver({ notice, service, signal }: Delivery): Promise<void> {
  const { command } = service.channels;
  if (command === null) throw new Error('channels.command is not configured');
  const [program, ...words] = command.map((word) => fill(word, { to: notice.address.to }));
  const child = spawn(program!, words, {
    // The program gets what it needs to find its way, and none of the controller's own environment.
    env: {
      PATH: process.env.PATH ?? '/usr/bin:/bin',
      LANG: 'C.UTF-8',
      HOLDFAST_NOTICE: notice.id,
      HOLDFAST_KIND: notice.kind,
      HOLDFAST_SEVERITY: notice.severity,
    },
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  });
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  };
  signal.addEventListener('abort', kill, { once: true });
  let said = '';
  child.stderr.on('data', (data: Buffer) => {
    said = `${said}${data}`.slice(0, MOST_OUTPUT);
  });
  // A program may end without having read everything.
  child.stdin.on('error', () => {});
  child.stdin.end(`${notice.subject}\n\n${notice.text}`);
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('error', (error) => reject(new Error(`${program} could not be started: ${error.message}`)));
      child.once('exit', (code, ended) => {
        if (code === 0) return resolve();
        const how = signal.aborted ? 'took too long' : `ended with ${code ?? ended}`;
        reject(new Error(`${program} ${how}${said === '' ? '' : `: ${said.replace(/\s+/g, ' ').trim()}`}`));
      });
    });
  } finally {
    signal.removeEventListener('abort', kill);
    child.stderr.destroy();
    kill();
  }
}
