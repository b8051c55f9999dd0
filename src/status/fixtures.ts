/** Pages for tests; each call overrides only what its test is about. */
import type { IncidentEntry } from '../model/index.ts';
import { createMarks, type GrowingMarks } from './marks.ts';
import type { DayBar, OverallPage, PublicIncident, SitePage } from './model.ts';

export const NOON = Date.UTC(2026, 10, 29, 12);
const MINUTE = 60_000;
const NOTHING = { up: 0, restoring: 0, moving: 0, down: 0, maintenance: 0, new: 0 };

export function anOverall(more: Partial<OverallPage> = {}): OverallPage {
  return {
    service: 'Example Hosting',
    url: 'https://status.example.org',
    support: 'support@example.org',
    timeZone: 'UTC',
    subscribe: ['email', 'webhook'],
    intro: null,
    counts: { ...NOTHING, up: 1 },
    sites: [{ path: 'sites/shop', title: 'The shop', condition: 'up', days: [] }],
    sitesTotal: 1,
    zones: null,
    incidents: [],
    work: [],
    ...more,
  };
}

export function aSitePage(more: Partial<SitePage> = {}): SitePage {
  const { service, url, support, timeZone, subscribe } = anOverall();
  return {
    service,
    url,
    support,
    timeZone,
    subscribe,
    site: 'shop',
    path: 'sites/shop',
    title: 'The shop',
    host: 'shop.example.org',
    condition: 'up',
    days: [],
    isPrivate: false,
    incidents: [],
    work: [],
    ...more,
  };
}

export function anIncident(more: Partial<PublicIncident> = {}): PublicIncident {
  return {
    id: '20261129T120000.000Z~zone-dark:a',
    title: 'Zone a does not answer',
    openedAt: NOON,
    closedAt: NOON + 9 * MINUTE,
    state: 'resolved',
    sites: ['The shop', 'The blog'],
    more: 3,
    posts: [
      { key: 'noticed', at: NOON, state: 'noticed', text: '5 sites move to another zone.' },
      { key: `serving-${NOON + 2_000}`, at: NOON + 2_000, state: 'serving', text: '5 sites are served again.' },
      {
        key: `update-${NOON + 4 * MINUTE}`,
        at: NOON + 4 * MINUTE,
        state: 'identified',
        text: 'A switch in zone a has failed.\n\nIt is being replaced.',
      },
      { key: 'over', at: NOON + 9 * MINUTE, state: 'over', text: 'It is over.' },
    ],
    ...more,
  };
}

/** The days before and up to the one of `NOON`, all whole but those given by how long ago they were. */
export function someDays(worse: Record<number, number | null> = {}, measured = 90): DayBar[] {
  return Array.from({ length: 90 }, (_, at) => {
    const ago = 89 - at;
    const availability = ago >= measured ? null : ago in worse ? worse[ago]! : 1;
    const badMinutes = availability === null ? 0 : Math.round((1 - availability) * 1_440);
    return { day: new Date(NOON - ago * 86_400_000).toISOString().slice(0, 10), availability, badMinutes };
  });
}

/** An incident with these entries, in order. */
export function someMarks(subject: string, entries: IncidentEntry[], openedAt = NOON): GrowingMarks {
  const marks = createMarks(`20261129T120000.000Z~${subject}`, subject, openedAt);
  entries.forEach((entry, at) => {
    marks.take(at + 1, [entry]);
  });
  return marks;
}
