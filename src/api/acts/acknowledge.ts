/** Somebody takes an incident: nobody else is asked to. Who takes it later has it. */
import { HoldfastError } from '../../errors.ts';
import type { IncidentEntry } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { holding } from '../../record/updates.ts';
import type { Store } from '../../store/store.ts';
import { MOST_ATTEMPTS } from './desk.ts';

/** @throws HoldfastError `incident-unknown`, `incident-over`; StoreUnavailable */
export async function acknowledge(
  { store, clock }: { store: Pick<Store, 'incident' | 'appendToIncident'>; clock: Clock },
  id: string,
  by: string,
): Promise<string> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const incident = await store.incident(id);
    if (incident === null) throw new HoldfastError('incident-unknown', { incident: id });
    if (incident.closedAt !== null) throw new HoldfastError('incident-over', { incident: id });
    const { holder, times } = holding(incident);
    if (holder === by) return `${by} has the incident ${id}.`;
    const sentence =
      holder === null ? `${by} has taken the incident.` : `${by} has taken the incident over from ${holder}.`;
    const entry: IncidentEntry = {
      at: clock.wall(),
      kind: 'note',
      by: `person:${by}`,
      site: null,
      code: 'acknowledged',
      sentence,
      evidence: [],
    };
    if (await store.appendToIncident(id, `acknowledged-${times + 1}`, [entry])) return sentence;
  }
  return 'Others take it at the same time. Look at the incident.';
}
