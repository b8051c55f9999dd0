/** Appends what agents did and edges led to the open incidents, and refusals by name; each only once, whoever sees it first. */
import type { SiteVerdict } from '../decide/index.ts';
import { findingSentence } from '../detect/index.ts';
import type { IncidentEntry, Placement, SiteId, Window, ZoneId } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { actionEntry, refusalEntry, routeEntries } from '../record/entries.ts';
import type { Store } from '../store/store.ts';
import { StoreUnavailable } from '../store/store.ts';

/** So many keys are remembered as written; the oldest are forgotten first (the store itself refuses to append twice). */
const REMEMBER = 5_000;
/** Actions that ended this long before the incident opened do not belong to it. */
const LEAD_MS = 5_000;
/** A planned move's record is written to for so long after its end. */
const LINGER_MS = 5_000;

export interface Link {
  incident: string;
  key: string;
  entry: IncidentEntry;
}

export interface RecorderOptions {
  zone: ZoneId;
  clock: Clock;
  log: Log;
  store: Pick<Store, 'appendToIncident'>;
  openedAt(incident: string): number;
  /** The record of the planned move that a site is in. */
  journalOf?: (placement: Placement) => string | null;
}

/** Everything about open incidents that the window and the verdicts tell now. Pure. */
export function linksOf(
  placements: Iterable<Placement>,
  window: Window,
  verdicts: SiteVerdict[],
  author: { by: string; at: number },
  openedAt: (incident: string) => number,
  journalOf: (placement: Placement) => string | null = () => null,
): Link[] {
  const incidents = new Map<string, string>();
  const planned = new Set<string>();
  for (const placement of placements) {
    const record = placement.incident ?? journalOf(placement);
    if (record !== null) incidents.set(placement.site, record);
    if (record !== null && placement.incident === null) planned.add(record);
  }
  const links: Link[] = [];
  // An incident is noticed after it began; a planned move begins with its record.
  const since = (record: string) => openedAt(record) - (planned.has(record) ? 0 : LEAD_MS);
  for (const [zone, { report }] of window.agents) {
    for (const copy of report.copies) {
      const incident = incidents.get(copy.site);
      if (incident === undefined) continue;
      for (const action of copy.actions) {
        if (action.startedAt + action.tookMs < since(incident)) continue;
        links.push({
          incident,
          key: `action-${action.id.replaceAll('/', '-')}`,
          entry: actionEntry(action, copy, zone),
        });
      }
    }
  }
  for (const [edge, { report }] of window.edges) {
    for (const route of report.routes) {
      const incident = incidents.get(route.site);
      if (incident === undefined || route.routedAt < since(incident)) continue;
      for (const { key, entry } of routeEntries(route, edge)) links.push({ incident, key, entry });
    }
  }
  for (const { placement, refusals } of verdicts) {
    const incident = incidents.get(placement.site);
    if (incident === undefined) continue;
    for (const { refusal } of refusals) {
      const key = `refusal-${placement.site}-${refusal.code}-${placement.epoch}`;
      links.push({ incident, key, entry: refusalEntry(refusal, { ...author, sentenceOf: findingSentence }) });
    }
  }
  return links;
}

export function createRecorder({ zone, clock, log, store, openedAt, journalOf }: RecorderOptions) {
  const lingering = createLingering(clock, journalOf ?? (() => null));
  const written = new Set<string>();
  return {
    /** Appends what is new; gives up quietly when the store is away, since the next turn tells it again. */
    async record(placements: Iterable<Placement>, window: Window, verdicts: SiteVerdict[]): Promise<void> {
      const author = { by: `controller:${zone}`, at: clock.wall() };
      for (const { incident, key, entry } of linksOf(placements, window, verdicts, author, openedAt, lingering)) {
        const name = `${incident} ${key}`;
        if (written.has(name)) continue;
        try {
          await store.appendToIncident(incident, key, [entry]);
        } catch (error) {
          if (!(error instanceof StoreUnavailable)) throw error;
          log.debug({ trouble: error.message }, 'an incident could not be written to; trying again');
          return;
        }
        written.add(name);
        if (written.size > REMEMBER) written.delete(written.values().next().value!);
      }
    },
  };
}

type JournalOf = (placement: Placement) => string | null;

/** Agents and edges tell of the end of a planned move a little later than it ended. */
function createLingering(clock: Clock, journalOf: JournalOf): JournalOf {
  const lately = new Map<SiteId, { record: string; until: number }>();
  return (placement) => {
    const record = journalOf(placement);
    if (record !== null) {
      lately.set(placement.site, { record, until: clock.mono() + LINGER_MS });
      return record;
    }
    const known = lately.get(placement.site);
    if (known === undefined) return null;
    if (known.until > clock.mono()) return known.record;
    lately.delete(placement.site);
    return null;
  };
}
