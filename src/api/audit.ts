/** Every change is on record before it is tried, and gets its outcome afterwards. */
import type { AuditEntry, WallMs } from '../model/index.ts';
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

export type Audit = (
  change: Change,
  asked: { params: unknown; body: unknown; principal: Principal | null },
) => Promise<(outcome: string, answer: unknown) => Promise<void>>;

/** Of one controller. What it is called for answers what is to be called with the outcome. @throws StoreUnavailable: then nothing is done either */
export function createAudit(parts: Pick<ApiParts, 'store' | 'clock' | 'zone' | 'log'>): Audit {
  let newest = { at: Number.NEGATIVE_INFINITY, count: 0 };
  /** Those of one millisecond keep their order. */
  const nextId = (at: WallMs) => {
    newest = { at, count: newest.at === at ? newest.count + 1 : 0 };
    return `${timeKey(at)}~${String(newest.count).padStart(4, '0')}${newId().slice(0, 8)}`;
  };
  return (change, asked) => {
    const at = parts.clock.wall();
    return begin({ id: nextId(at), at }, change, asked, parts);
  };
}

async function begin(
  { id, at }: Pick<AuditEntry, 'id' | 'at'>,
  { verb, target }: Change,
  { params, body, principal }: Parameters<Audit>[1],
  { store, zone, log }: Pick<ApiParts, 'store' | 'zone' | 'log'>,
): ReturnType<Audit> {
  const who = principal!;
  const entry: AuditEntry = {
    id,
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
