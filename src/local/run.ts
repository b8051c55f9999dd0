/** Runs the system's small tools (ip, iptables) with a limit on their time, and reports their own words when they fail. */
import { execFile } from 'node:child_process';

/** Resolves with standard output; rejects with the command and what it wrote on standard error. */
export function run(
  command: string,
  args: string[],
  options: { input?: string; limitMs?: number } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { timeout: options.limitMs ?? 10_000 }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const said = stderr.trim() || error.message;
      reject(new Error(`${command} ${args.join(' ')}: ${said}`, { cause: error }));
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
  });
}

/** For undoing: what is not there any more need not be removed. */
export async function runQuietly(command: string, args: string[], options: { input?: string } = {}): Promise<boolean> {
  try {
    await run(command, args, options);
    return true;
  } catch {
    return false;
  }
}
