/** Asks a search service whether it is there: any answer below 500 says so. */
import type { Clock } from '../../platform/clock.ts';

/** Null: it is there; otherwise why not. Never rejects. */
export type AskUrl = (url: string) => Promise<string | null>;

const LIMIT_MS = 2_000;

export function createAskUrl(clock: Clock): AskUrl {
  return async (url) => {
    const ended = new AbortController();
    const cancel = clock.after(LIMIT_MS, () => ended.abort(new Error(`no answer within ${LIMIT_MS} ms`)));
    try {
      const response = await fetch(url, { redirect: 'manual', signal: ended.signal });
      await response.body?.cancel();
      return response.status < 500 ? null : `it answered ${response.status}`;
    } catch (error) {
      const { message, cause } = error as Error;
      return cause instanceof Error ? cause.message : message;
    } finally {
      cancel();
    }
  };
}
