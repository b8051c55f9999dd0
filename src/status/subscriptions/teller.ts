/** Puts what is new on the page into the outbox for who asked to be told; every controller does, and the store keeps the first. */
import type { Subscriber, Told, WallMs } from '../../model/index.ts';
import { rankOf } from '../../notify/deliver.ts';
import type { Clock } from '../../platform/clock.ts';
import type { NewNotice, Store } from '../../store/store.ts';
import type { Row } from '../compose.ts';
import { incidentFor } from '../compose.ts';
import type { IncidentMarks } from '../marks.ts';
import type { Post } from '../model.ts';
import type { Publisher } from '../publisher.ts';
import { frameOf } from '../settings.ts';
import { CONFIRM_WITHIN_MS, news } from './messages.ts';

/** What is older is nobody's news. */
const NEWS_MS = 24 * 3_600_000;
/** What the facts say is told so much later: most moves are over by then, and are one message. */
const SETTLE_MS = 30_000;
/** At most one message in so long to one subscriber about one incident. */
const PAUSE_MS = 60_000;
const LOOK_MS = 2_000;
/** Each controller leaves a message so long to every one before it. */
const TURN_MS = 3_000;
const PAGE = 1_000;
const MOST_SUBSCRIBERS = 20_000;
const MOST_AT_ONCE = 500;
const CLEAN_MS = 600_000;

export interface TellerOptions {
  zone: string;
  zones(): Iterable<string>;
  clock: Pick<Clock, 'wall' | 'mono'>;
  clusterKey: string;
  store: Pick<Store, 'subscribers' | 'forgetSubscriber' | 'addNotices' | 'told'>;
  publisher: Pick<Publisher, 'rowOf' | 'world'>;
}

export function createSubscriberTeller(options: TellerOptions): { look(): Promise<void> } {
  const { clock, store, publisher, clusterKey } = options;
  let lookAgainAt = 0;
  let cleanAgainAt = 0;
  /** Nothing is left to be told of an incident that stands as it did. */
  const settled = new Map<string, string>();

  async function all(): Promise<Subscriber[]> {
    const found: Subscriber[] = [];
    for (;;) {
      const after = found.at(-1)?.id;
      const page = await store.subscribers({ most: PAGE, ...(after === undefined ? {} : { after }) });
      found.push(...page);
      if (page.length < PAGE || found.length >= MOST_SUBSCRIBERS) return found;
    }
  }

  async function clean(subscribers: Subscriber[]): Promise<void> {
    const before = clock.wall() - CONFIRM_WITHIN_MS;
    for (const { id, confirmedAt, askedAt } of subscribers)
      if (confirmedAt === null && (askedAt.at(-1) ?? 0) < before) await store.forgetSubscriber(id);
  }

  async function tell(marks: IncidentMarks, subscribers: readonly Subscriber[]): Promise<boolean> {
    const told = newestTold(await store.told(eventOf(marks.id)));
    const world = publisher.world();
    const notices: NewNotice[] = [];
    let waiting = false;
    for (const to of subscribers) {
      const row = to.site === null ? null : publisher.rowOf(to.site);
      if (row === undefined || !mayRead(to, row)) continue;
      const incident = incidentFor(marks, row, world);
      const last = told.get(to.id);
      const fresh = (incident?.posts ?? []).filter(({ at }) => at > Math.max(last?.upTo ?? 0, to.confirmedAt ?? 0));
      if (incident === null || fresh.length === 0) continue;
      const dueAt = dueTime(fresh, incident.closedAt !== null, last);
      waiting = true;
      if (clock.wall() < dueAt + rankOf(options.zone, options.zones(), to.id) * TURN_MS) continue;
      const sequence = (last?.sequence ?? 0) + 1;
      const letterhead = {
        frame: frameOf(world.service),
        clusterKey,
        now: clock.wall(),
        title: row?.title ?? null,
        path: row?.path ?? '',
      };
      const notice = news(to, incident, fresh, sequence, letterhead);
      notices.push({ notice, told: [rowOfTold(notice.id, to, marks.id, sequence, fresh)] });
      if (notices.length >= MOST_AT_ONCE) break;
    }
    if (notices.length > 0) await store.addNotices(notices);
    return waiting;
  }

  function rowOfTold(notice: string, to: Subscriber, incident: string, sequence: number, posts: readonly Post[]): Told {
    const upTo = Math.max(...posts.map(({ at }) => at));
    return { event: eventOf(incident), to: to.id, sequence, at: clock.wall(), upTo, notice, severity: 'info' };
  }

  return {
    look: async () => {
      const now = clock.mono();
      if (now < lookAgainAt) return;
      lookAgainAt = now + LOOK_MS;
      const since = clock.wall() - NEWS_MS;
      const young = publisher
        .world()
        .incidents()
        .filter(
          (marks) =>
            Math.max(marks.openedAt, marks.closedAt ?? 0) >= since || marks.updates.some(({ at }) => at >= since),
        );
      const open = young.filter((marks) => settled.get(marks.id) !== stateOf(marks));
      if (open.length === 0 && now < cleanAgainAt) return;
      const subscribers = await all();
      if (now >= cleanAgainAt) {
        await clean(subscribers);
        cleanAgainAt = now + CLEAN_MS;
      }
      const confirmed = subscribers.filter(({ confirmedAt }) => confirmedAt !== null);
      for (const marks of open) {
        const state = stateOf(marks);
        if (!(await tell(marks, confirmed))) settled.set(marks.id, state);
      }
      for (const id of settled.keys()) if (!young.some((marks) => marks.id === id)) settled.delete(id);
    },
  };
}

function eventOf(incident: string): string {
  return `news~${incident}`;
}

function stateOf({ order, closedAt }: IncidentMarks): string {
  return `${order} ${closedAt}`;
}

function newestTold(rows: readonly Told[]): Map<string, Told> {
  const newest = new Map<string, Told>();
  for (const row of rows) if (row.sequence > (newest.get(row.to)?.sequence ?? 0)) newest.set(row.to, row);
  return newest;
}

/** Who subscribed to a private page has to know its present link; what is not shown any more is not told. */
function mayRead({ link }: Subscriber, row: Row | null): boolean {
  if (row === null) return true;
  return row.visibility === 'public' ? link === null : row.visibility === 'private' && link === row.link;
}

function dueTime(posts: readonly Post[], over: boolean, last: Told | undefined): WallMs {
  const facts = new Set(['noticed', 'serving', 'over']);
  const written = over || posts.some(({ state }) => !facts.has(state));
  const first = Math.min(...posts.map(({ at }) => at)) + (written ? 0 : SETTLE_MS);
  return Math.max(first, (last?.at ?? Number.NEGATIVE_INFINITY) + PAUSE_MS);
}
