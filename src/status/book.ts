/** Follows the incidents in the store: what visitors could notice of each of the last 90 days, kept up to date a little at a time. */
import type { WallMs } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import { isPlanned } from '../record/journal.ts';
import { parseIncidentId } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import { createMarks, type GrowingMarks, type IncidentMarks } from './marks.ts';

const SHOWN_MS = 90 * 86_400_000;
const MOST_INCIDENTS = 300;
/** Of all incidents together; beyond it the oldest lose what they have of single sites. */
const MOST_MARKS = 200_000;
const LIST_MS = 5_000;
/** Those not read yet, of one look: the newest first. */
const MOST_READ_ANEW = 5;
/** People may write into an incident so long after it is over, and are read soon. */
const YOUNG_MS = 2 * 86_400_000;
const MOST_YOUNG = 20;
/** Of those that are over, in turn. */
const YOUNG_PER_LOOK = 2;

export interface IncidentBook {
  /** Everything has been read once. */
  readonly ready: boolean;
  /** Newest first. */
  all(): readonly IncidentMarks[];
  of(id: string): IncidentMarks | undefined;
  /** Reads what is new; answers which incidents have changed. @throws StoreUnavailable */
  look(open: ReadonlySet<string>): Promise<IncidentMarks[]>;
}

export interface IncidentBookOptions {
  clock: Pick<Clock, 'wall' | 'mono'>;
  store: Pick<Store, 'incidentIds' | 'incidentSince'>;
  mostMarks?: number;
}

export function createIncidentBook({ clock, store, mostMarks = MOST_MARKS }: IncidentBookOptions): IncidentBook {
  const known = new Map<string, GrowingMarks>();
  let newest: IncidentMarks[] | null = null;
  let unread: string[] = [];
  let listedAt = Number.NEGATIVE_INFINITY;
  let turn = 0;

  const opened = (id: string): WallMs => parseIncidentId(id)?.openedAt ?? 0;

  /** Whether it was time to. */
  async function list(): Promise<boolean> {
    if (clock.mono() - listedAt < LIST_MS) return false;
    const ids = await store.incidentIds(MOST_INCIDENTS);
    const since = clock.wall() - SHOWN_MS;
    const shown = ids.filter((id) => opened(id) >= since && !isPlanned(parseIncidentId(id)?.subject ?? ''));
    for (const id of known.keys()) if (!shown.includes(id) && opened(id) < since) known.delete(id);
    unread = shown.filter((id) => !known.has(id));
    listedAt = clock.mono();
    return true;
  }

  async function read(id: string): Promise<IncidentMarks | null> {
    const parsed = parseIncidentId(id);
    if (parsed === null || isPlanned(parsed.subject)) return null;
    const marks = known.get(id) ?? createMarks(id, parsed.subject, parsed.openedAt);
    const appended = await store.incidentSince(id, marks.order);
    if (appended.length === 0 && known.has(id)) return null;
    for (const { order, entries } of appended) marks.take(order, entries);
    known.set(id, marks);
    newest = null;
    return marks;
  }

  /** Those that go on; those that are over in turn, the older ones now and then. */
  function followed(open: ReadonlySet<string>, listed: boolean): string[] {
    const now = clock.wall();
    const going = all().filter(({ closedAt }) => closedAt === null);
    const over = all().filter(({ closedAt }) => closedAt !== null);
    const young = over.filter(({ openedAt }) => now - openedAt < YOUNG_MS).slice(0, MOST_YOUNG);
    const old = over.slice(young.length);
    turn += 1;
    const inTurn = [
      ...Array.from({ length: YOUNG_PER_LOOK }, (_, at) => young[(turn * YOUNG_PER_LOOK + at) % young.length]),
      listed ? old[turn % old.length] : undefined,
    ];
    const ids = [...going.slice(0, MOST_YOUNG), ...inTurn].flatMap((each) => each?.id ?? []);
    return [...new Set([...open, ...ids])];
  }

  function all(): readonly IncidentMarks[] {
    newest ??= [...known.values()].toSorted((one, other) => other.openedAt - one.openedAt);
    return newest;
  }

  /** So that many large incidents do not fill the memory. */
  function trim(): void {
    let marks = 0;
    for (const each of all()) {
      marks += each.sites.size;
      if (marks > mostMarks && each.closedAt !== null) known.get(each.id)!.forgetSites();
    }
  }

  return {
    get ready() {
      return listedAt !== Number.NEGATIVE_INFINITY && unread.length === 0;
    },
    all,
    of: (id) => known.get(id),
    look: async (open) => {
      const listed = await list();
      const wanted = [...followed(open, listed), ...unread.slice(0, MOST_READ_ANEW)];
      const changed: IncidentMarks[] = [];
      for (const id of wanted) {
        const marks = await read(id);
        if (marks !== null) changed.push(marks);
      }
      unread = unread.filter((id) => !known.has(id));
      if (changed.length > 0) trim();
      return changed;
    },
  };
}
