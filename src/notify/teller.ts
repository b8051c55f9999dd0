/** Follows the incidents and puts into the outbox what people are to be told; every controller does, and the store keeps the first. */
import type { IncidentEntry, SiteId, SiteSpec, Told, WallMs } from '../model/index.ts';
import { parseIncidentId } from '../store/keys.ts';
import type { NewNotice } from '../store/store.ts';
import { askingEvent, askingNotices, isExhausted } from './asking.ts';
import { composeDrafts, type Knowledge } from './compose.ts';
import { rankOf } from './deliver.ts';
import { type EventLog, type IncidentLog, isOver, newIncidentLog, readOn } from './happenings.ts';
import type { NotifyLoopOptions } from './loop.ts';
import { type Audience, audienceOf } from './recipients.ts';
import { wantedNotices } from './wanted.ts';

/** Quiet hours are over by then; what is older is nobody's news. */
const FOLLOWED_MS = 26 * 3_600_000;
const MOST_FOLLOWED = 200;
/** Incidents that no site is part of any more are looked at so often: people may still write into them. */
const LOOK_MS = 5_000;
const ON_CALL_MS = 2_000;
/** In one turn: each composes notices for some hundred addresses. */
const MOST_LOOKS = 30;
/** What was told is read anew at least so often, should another controller have told it. */
const TOLD_LASTS_MS = 10_000;
/** Each controller leaves an event so long to every one before it. */
const TURN_MS = 1_000;

interface Followed {
  log: IncidentLog;
  lookAgainAt: WallMs;
  told: { rows: Told[]; at: WallMs } | null;
  onCallAt: WallMs;
}

interface TellerOptions extends Pick<NotifyLoopOptions, 'zone' | 'clock' | 'log' | 'store' | 'state' | 'step'> {
  knowledge(): Knowledge | null;
  linkFor(incident: string): (person: string) => string;
}

export function createTeller(options: TellerOptions) {
  const { zone, clock, store, state, step = () => {} } = options;
  const followed = new Map<string, Followed>();
  const audience = audienceKeeper(options);
  let lookedAt = Number.NEGATIVE_INFINITY;
  let working: Promise<void> = Promise.resolve();

  async function work(): Promise<void> {
    const knowledge = options.knowledge();
    if (knowledge === null) return;
    await follow();
    for (let looks = 0; looks < MOST_LOOKS && (await write(knowledge)); looks += 1);
    await askSomebody(knowledge);
  }

  async function follow(): Promise<void> {
    const now = clock.wall();
    const all = new Set<string>();
    for (const { incident } of state.placements.values()) if (incident !== null) all.add(incident);
    if (now - lookedAt >= LOOK_MS) {
      lookedAt = now;
      // What was lost is told when the copy that has it is back, be it weeks later.
      for (const { promotion } of state.placements.values())
        if (promotion.acceptedLoss?.incident != null) all.add(promotion.acceptedLoss.incident);
      for (const id of await store.incidentIds(MOST_FOLLOWED)) if (isYoung(id, now)) all.add(id);
      for (const id of followed.keys()) if (!all.has(id) && !isYoung(id, now)) followed.delete(id);
    }
    // What runs without an incident (a planned move) is followed closely too while it is young.
    for (const [id, { log }] of followed) if (log.happenings.length > 0 && !isOver(log)) all.add(id);
    for (const id of all) await readMore(id);
  }

  async function readMore(id: string): Promise<void> {
    const one = followed.get(id) ?? newFollowed(id);
    const appended = await store.incidentSince(id, one.log.readUpTo);
    followed.set(id, one);
    if (readOn(one.log, appended)) one.lookAgainAt = 0;
    if (appended.length > 0) one.onCallAt = 0;
  }

  /** True: there is more to be written at once. */
  async function write(knowledge: Knowledge): Promise<boolean> {
    const now = clock.wall();
    const due = [...followed.values()].filter(
      ({ log, lookAgainAt }) =>
        now >= lookAgainAt + (lookAgainAt === 0 ? 0 : rankOf(zone, state.zones.keys(), log.event) * TURN_MS),
    );
    if (due.length === 0) return false;
    const told = new Map<string, readonly Told[]>();
    for (const one of due) told.set(one.log.event, await toldOf(one, now));
    const { notices, more, lookAgainAt } = wantedNotices({
      now,
      service: knowledge.service,
      audience: audience(),
      events: due.map(({ log }) => log),
      toldOf: (event) => told.get(event) ?? [],
      compose: (drafts) => composeDrafts(drafts, knowledge),
    });
    for (const one of due) one.lookAgainAt = lookAgainAt.get(one.log.event) ?? Number.POSITIVE_INFINITY;
    if (notices.length === 0) return false;
    const kept = await keep(notices);
    for (const one of due) noteTold(one, notices, kept);
    return more;
  }

  /** What another controller was faster to tell is read where it wrote it. */
  function noteTold(one: Followed, notices: NewNotice[], kept: boolean[]): void {
    if (one.told === null || kept.includes(false)) one.told = null;
    else for (const { told } of notices) one.told.rows.push(...told.filter(({ event }) => event === one.log.event));
  }

  async function keep(notices: NewNotice[]): Promise<boolean[]> {
    if (notices.length === 0) return [];
    step('before-keeping');
    const kept = await store.addNotices(notices);
    step('after-keeping');
    return kept;
  }

  async function toldOf(one: Followed, now: WallMs): Promise<readonly Told[]> {
    if (one.told === null || now - one.told.at > TOLD_LASTS_MS)
      one.told = { rows: await store.told(one.log.event), at: now };
    return one.told.rows;
  }

  async function askSomebody(knowledge: Knowledge): Promise<void> {
    const now = clock.wall();
    const { onCall, channels } = knowledge.service;
    if (onCall.shifts.length === 0 && channels.pagerduty === null) return;
    for (const one of followed.values()) {
      const { log } = one;
      if (log.planned || log.happenings.length === 0 || now < one.onCallAt) continue;
      const told = await store.told(askingEvent(log.incident));
      const situation = { log, told, now, knowledge, linkFor: options.linkFor(log.incident) };
      const notices = askingNotices(situation);
      await keep(notices);
      for (const [key, entry] of asksIn(notices, now)) await store.appendToIncident(log.incident, key, [entry]);
      if (isExhausted(situation)) await noteExhausted(log.incident, now);
      one.onCallAt = isOver(log) && notices.length === 0 ? Number.POSITIVE_INFINITY : now + ON_CALL_MS;
    }
  }

  async function noteExhausted(incident: string, at: WallMs): Promise<void> {
    const sentence =
      'Everybody on the on-call list was asked, as often as the service description says; nobody has taken it.';
    await store.appendToIncident(incident, 'on-call-exhausted', [note(at, 'on-call-exhausted', sentence)]);
  }

  function asksIn(notices: NewNotice[], at: WallMs): [string, IncidentEntry][] {
    return notices.flatMap(({ notice, told }) => {
      const [slot] = told;
      if (slot?.to !== 'asked~0') return [];
      const sentence = `${notice.person} was asked to take it (number ${slot.sequence}).`;
      return [[`on-call-asked-${slot.sequence}`, note(at, 'asked', sentence)]] as [string, IncidentEntry][];
    });
  }

  function note(at: WallMs, code: string, sentence: string): IncidentEntry {
    return { at, kind: 'note', by: `controller:${zone}`, site: null, code, sentence, evidence: [] };
  }

  return {
    /** One turn after the other. */
    turn: (): Promise<void> => {
      working = work();
      return working;
    },
    tell: async (event: EventLog, about: readonly SiteSpec[] = []): Promise<void> => {
      const known = options.knowledge();
      if (known === null || event.happenings.length === 0) return;
      const specOf = (site: SiteId) => about.find((spec) => spec.site === site) ?? known.specOf(site);
      const knowledge: Knowledge = { ...known, specOf };
      const told = await store.told(event.event);
      const { notices } = wantedNotices({
        now: clock.wall(),
        service: knowledge.service,
        audience: audienceOf(knowledge.service, specOf),
        events: [event],
        toldOf: () => told,
        compose: (drafts) => composeDrafts(drafts, knowledge),
      });
      await keep(notices);
    },
    idle: () => working.catch(() => {}),
  };
}

function newFollowed(id: string): Followed {
  const log = newIncidentLog(id, parseIncidentId(id)?.subject ?? '');
  return { log, lookAgainAt: 0, told: null, onCallAt: 0 };
}

function isYoung(id: string, now: WallMs): boolean {
  const parsed = parseIncidentId(id);
  return parsed !== null && now - parsed.openedAt <= FOLLOWED_MS;
}

/** Made anew when somebody is described otherwise: sites are told from each other by their records, which are replaced as a whole. */
function audienceKeeper({ state, knowledge }: TellerOptions): () => Audience {
  let made: Audience | null = null;
  let service: unknown = null;
  let marks: unknown[] = [];
  return () => {
    const described = knowledge()!.service;
    const now = [...state.sites.values()];
    if (
      made === null ||
      service !== described ||
      now.length !== marks.length ||
      now.some((record, at) => record !== marks[at])
    ) {
      made = audienceOf(described, (site) => state.sites.get(site)?.spec);
      service = described;
      marks = now;
    }
    return made;
  };
}
