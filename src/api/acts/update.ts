/** Somebody writes into an incident: its people are told, and what is meant for everybody may be shown. */
import { HoldfastError } from '../../errors.ts';
import type { IncidentUpdate } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { updateEntry, updatesOf } from '../../record/updates.ts';
import type { Store } from '../../store/store.ts';
import { MOST_ATTEMPTS } from './desk.ts';

/** The same said twice is said once: whoever got no answer asks again. @throws HoldfastError `incident-unknown`, `order-beaten`; StoreUnavailable */
export async function writeUpdate(
  { store, clock }: { store: Pick<Store, 'incident' | 'appendToIncident'>; clock: Clock },
  id: string,
  said: Omit<IncidentUpdate, 'at'>,
): Promise<string> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const incident = await store.incident(id);
    if (incident === null) throw new HoldfastError('incident-unknown', { incident: id });
    const updates = updatesOf(incident);
    const sentence = `${said.by} marks the incident as ${said.state}.`;
    if (isSame(updates.at(-1), said)) return sentence;
    const entry = updateEntry({ ...said, at: clock.wall() });
    if (await store.appendToIncident(id, `update-${updates.length + 1}`, [entry])) return sentence;
  }
  throw new HoldfastError('incident-busy', { incident: id });
}

function isSame(newest: IncidentUpdate | undefined, said: Omit<IncidentUpdate, 'at'>): boolean {
  if (newest === undefined) return false;
  const { by, state, text, public: shown } = newest;
  return by === said.by && state === said.state && text === said.text && shown === said.public;
}
