/** What breaks and mends zones on purpose: the keeper of the local platform, reached by a socket that only it makes. */
import { request } from 'node:http';
import type { Practice } from '../api/parts.ts';
import { HoldfastError } from '../errors.ts';

const WITHIN_MS = 2_000;

/** `socket`: its path, from the configuration; left out: this is no local platform. */
export function practiceOver(socket: string | undefined): Practice | null {
  if (socket === undefined) return null;
  return { begin: (verb, zone) => post(socket, `/${verb}/${zone}`) };
}

function post(socketPath: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (why: string, cause?: Error) =>
      reject(new HoldfastError('practice-unavailable', { why }, [], cause));
    const asked = request({ socketPath, path, method: 'POST', timeout: WITHIN_MS }, (answer) => {
      answer.resume();
      if (answer.statusCode === 202) resolve();
      else refuse(`it answered ${answer.statusCode}`);
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${WITHIN_MS} ms`)));
    asked.on('error', (error) => refuse(error.message, error));
    asked.end();
  });
}
