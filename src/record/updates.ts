/** What people say about an incident: who has it, what they wrote, and the state that it is in by their word. Read from its entries. */
import type { Incident, IncidentEntry, IncidentUpdate, UpdateState } from '../model/index.ts';

/** An update as it stands in the incident's chain. */
export function updateEntry({ at, by, state, text, public: shown }: IncidentUpdate): IncidentEntry {
  return {
    at,
    kind: 'note',
    by: `person:${by}`,
    site: null,
    code: 'update',
    sentence: text,
    evidence: [],
    update: { state, public: shown },
  };
}

/** Null: the entry is no update. */
export function toUpdate({ at, by, kind, code, sentence, update }: IncidentEntry): IncidentUpdate | null {
  if (kind !== 'note' || code !== 'update' || update === undefined) return null;
  return { at, by: nameIn(by), state: update.state, text: sentence, public: update.public };
}

/** Oldest first. */
export function updatesOf({ entries }: Pick<Incident, 'entries'>): IncidentUpdate[] {
  return entries.flatMap((entry) => toUpdate(entry) ?? []);
}

/** Who has it now (null: nobody), and how often it was taken. */
export function holding({ entries }: Pick<Incident, 'entries'>): { holder: string | null; times: number } {
  const all = entries.filter(({ kind, code }) => kind === 'note' && code === 'acknowledged');
  const newest = all.at(-1);
  return { holder: newest === undefined ? null : nameIn(newest.by), times: all.length };
}

/**
 * The state that it is in: what somebody wrote last; once it is over, resolved, unless somebody wrote otherwise since; with nothing written,
 * being looked into as soon as somebody has it. Null: nobody has said anything.
 */
export function presentState(said: {
  closedAt: number | null;
  holder: string | null;
  newest: Pick<IncidentUpdate, 'at' | 'state'> | null;
}): UpdateState | null {
  const { closedAt, holder, newest } = said;
  if (closedAt !== null && (newest === null || newest.at <= closedAt)) return 'resolved';
  return newest?.state ?? (holder === null ? null : 'investigating');
}

/** The same of a whole incident. */
export function stateOf(incident: Pick<Incident, 'closedAt' | 'entries'>): UpdateState | null {
  const { holder } = holding(incident);
  return presentState({ closedAt: incident.closedAt, holder, newest: updatesOf(incident).at(-1) ?? null });
}

function nameIn(by: string): string {
  return by.replace(/^person:/, '');
}
