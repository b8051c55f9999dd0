/** Opens a long answer of the first controller that has it: they are asked one after the other, in the order given. */
import { HoldfastError } from '../errors.ts';
import { type Access, API, headersOf } from './access.ts';
import { reasonOf } from './controllers.ts';

/** A controller that does not begin to answer within this is passed over. */
const BEGIN_MS = 2_000;

export interface Stream {
  /** `host:port` of who answers. */
  from: string;
  body: AsyncIterable<Uint8Array>;
}

/** Null: everybody who answered said 404. Throws `controller-unreachable` when nobody answers. Aborting `signal` ends the answer. */
export async function openStream(access: Access, path: string, signal: AbortSignal): Promise<Stream | null> {
  const failures: string[] = [];
  let missing = 0;
  for (const from of access.controllers) {
    const late = new AbortController();
    const timer = AbortSignal.timeout(BEGIN_MS);
    const passOver = () => late.abort(timer.reason);
    timer.addEventListener('abort', passOver);
    try {
      const response = await fetch(`http://${from}${API}${path}`, {
        headers: headersOf(access),
        signal: AbortSignal.any([signal, late.signal]),
      });
      if (response.ok && response.body !== null) return { from, body: response.body };
      if (response.status === 404) missing += 1;
      failures.push(`${from}: answered ${response.status}`);
    } catch (error) {
      failures.push(`${from}: ${reasonOf(error as Error)}`);
    } finally {
      timer.removeEventListener('abort', passOver);
    }
  }
  if (missing > 0) return null;
  throw new HoldfastError('controller-unreachable', { tried: failures.join('; ') });
}
