/** Every change is on record before it is tried, and gets its outcome afterwards. */
import type { AuditEntry } from '../model/index.ts';
import { newId } from '../platform/random.ts';
import { timeKey } from '../store/keys.ts';
import type { ApiParts } from './parts.ts';
import type { Principal } from './principal.ts';
import { wordsOf } from './route.ts';

const LONGEST = 500;

interface Change {
  verb: string;
  target(params: never): string;
}

/** Answers what is to be called with the outcome. @throws StoreUnavailable: then nothing is done either */
export async function beginAudit(
  { verb, target }: Change,
  { params, body, principal }: { params: unknown; body: unknown; principal: Principal | null },
  { store, clock, zone, log }: ApiParts,
): Promise<(outcome: string, answer: unknown) => Promise<void>> {
  const at = clock.wall();
  const who = principal!;
  const entry: AuditEntry = {
    id: `${timeKey(at)}~${newId().slice(0, 8)}`,
    at,
    who: who.name,
    role: who.role,
    via: who.via,
    token: who.token,
    what: verb,
    target: target(params as never),
    why: wordsOf(body, null).why,
    outcome: null,
    sentence: '',
    zone,
  };
  await store.keepAudit(entry);
  return async (outcome, answer) => {
    const sentence = wordsOf(null, answer).sentence.slice(0, LONGEST);
    // The change itself has happened, or not: that its outcome is not on record must not make it look otherwise.
    await store.keepAudit({ ...entry, outcome, sentence }).catch((error) => {
      log.warn({ err: error, audit: entry.id }, 'the outcome of a change is not in the audit record');
    });
  };
}
