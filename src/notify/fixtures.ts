/** An incident and the people it concerns, for tests; each call overrides only what its test is about. */
import {
  firstPlacement,
  type Impact,
  type IncidentEntry,
  type Notice,
  type Person,
  type Placement,
  type ServiceSpec,
  type SiteRecord,
  type SiteSpec,
  type Told,
} from '../model/index.ts';
import { anEntry, aService, aSpec } from '../store/fixtures.ts';
import { newIncidentId, parseIncidentId } from '../store/keys.ts';
import { composeDrafts, type Knowledge } from './compose.ts';
import { type EventLog, newIncidentLog, readOn } from './happenings.ts';
import { audienceOf } from './recipients.ts';
import { loadTexts } from './texts.ts';
import { type Wanted, wantedNotices } from './wanted.ts';

const ENGLISH = loadTexts(null, 'en');

/** Monday, 23 November 2026, 12:00 UTC. */
export const NOON = Date.UTC(2026, 10, 23, 12);

export function aPerson(change: Partial<Person> = {}): Person {
  return {
    name: 'Anna',
    timeZone: 'Europe/Berlin',
    language: 'en',
    addresses: [{ channel: 'email', to: 'anna@example.org', atLeast: 'info' }],
    quiet: [],
    sites: ['*'],
    ...change,
  };
}

export function anIncident(subject = 'zone-dark:a', at = NOON): string {
  return newIncidentId(at, subject);
}

/** Final, of the site `shop`. */
export const IMPACT: Impact = {
  ...{ site: 'shop', from: NOON, to: NOON + 9_000, final: true, unheard: [], requests: 5_332, failed: 112, held: 658 },
  ...{
    heldLongestMs: 14_530,
    longestMs: 14_898,
    p50Ms: 4_231,
    p99Ms: 14_496,
    downSeconds: 1,
    recoveredAfterMs: 15_030,
  },
  ...{ rtoMs: 14_615, transactionsLost: 0, lostIn: [], cold: [] },
};

/** A decision of the chain: `moved(site)`, and what else people hear of. */
export const entry = (
  site: string | null,
  code: string,
  at = NOON,
  change: Partial<IncidentEntry> = {},
): IncidentEntry => anEntry({ site, code, at, sentence: `${site}: ${code}.`, ...change });
export const refusal = (site: string, code: string, at = NOON, sentence = `${site} stays: ${code}.`): IncidentEntry =>
  anEntry({ site, code, at, kind: 'refusal', sentence });

export function aLog(groups: IncidentEntry[][], incident = anIncident(), firstOrder = 1): EventLog {
  const log = newIncidentLog(incident, parseIncidentId(incident)?.subject ?? '');
  readOn(
    log,
    groups.map((entries, index) => ({ order: firstOrder + index, entries })),
  );
  return log;
}

/** Live in b after a move from a, protected again by c unless told otherwise. */
export function placed(site: string, change: Partial<Placement> = {}): Placement {
  const first = firstPlacement(site, 'b', NOON);
  return {
    ...first,
    epoch: 9,
    initialised: true,
    promotion: { epoch: 8, from: 'a', position: '0-1-5', open: true, acceptedLoss: null },
    ...change,
  };
}
export const safe = (site: string): Placement => placed(site, { standby: 'c', inSync: true });

export interface Scene {
  service?: Partial<ServiceSpec>;
  people?: Person[];
  sites?: SiteSpec[];
  placements?: Placement[];
  impactOf?: Knowledge['impactOf'];
}

export function aScene({
  service = {},
  people = [aPerson()],
  sites = [aSpec('shop')],
  placements,
  impactOf,
}: Scene = {}) {
  const described = aService({ people, ...service });
  const records = new Map<string, SiteRecord>(sites.map((spec, slot) => [spec.site, { spec: planned(spec), slot }]));
  const placing = new Map((placements ?? sites.map(({ site }) => placed(site))).map((one) => [one.site, one]));
  const knowledge: Knowledge = {
    service: described,
    specOf: (site) => records.get(site)?.spec,
    placementOf: (site) => placing.get(site),
    impactOf: impactOf ?? (() => null),
    textsOf: (language) =>
      language === 'en' && described.templates === null ? ENGLISH : loadTexts(described.templates, language),
  };
  return {
    service: described,
    sites: records,
    placements: placing,
    knowledge,
    wanted: (events: EventLog[], now: number, told: readonly Told[] = []): Wanted =>
      wantedNotices({
        now,
        service: described,
        audience: audienceOf(described, (site) => records.get(site)?.spec),
        events,
        toldOf: (event) => told.filter((one) => one.event === event),
        compose: (drafts) => composeDrafts(drafts, knowledge),
      }),
  };
}

/** Sites of the base scene have a plan that protects them. */
function planned(spec: SiteSpec): SiteSpec {
  return spec.plan === 'standard' ? { ...spec, plan: 'elite-plus' } : spec;
}

/** Looks every half second from `from` to `to`, as a controller does; everything that was kept. */
export function watchOn(
  scene: ReturnType<typeof aScene>,
  eventsAt: (now: number) => EventLog[],
  from: number,
  to: number,
  stepMs = 500,
): { notices: Notice[]; told: Told[] } {
  const notices: Notice[] = [];
  const told: Told[] = [];
  let [again, size] = [0, -1];
  for (let now = from; now <= to; now += stepMs) {
    const events = eventsAt(now);
    const happened = events.reduce((sum, { happenings, figures }) => sum + happenings.length + figures.size, 0);
    if (now < again && happened === size) continue;
    size = happened;
    const wanted = scene.wanted(events, now, told);
    again = Math.min(...wanted.lookAgainAt.values());
    for (const one of wanted.notices) {
      notices.push(one.notice);
      told.push(...one.told);
    }
  }
  return { notices, told };
}
