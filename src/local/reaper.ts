/**
 * Takes the platform down when its keeper is gone, however it went: the keeper holds the other end of this process's
 * standard input, and the end of that stream is the signal. There is no other way to stop a platform, so this one is always used.
 */
import { cleanUp } from './cleanup.ts';
import { readLeftover } from './instance.ts';

const name = process.argv[2];
if (name === undefined) throw new Error('usage: reaper.ts INSTANCE');

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.stdin.on('error', () => {});
process.stdin.on('end', () => void reap(name));
process.stdin.resume();

async function reap(instanceName: string): Promise<void> {
  const instance = readLeftover(instanceName);
  if (instance === null) return;
  try {
    await cleanUp(instance);
  } catch (error) {
    process.stderr.write(`${instanceName} could not be taken down entirely: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
