/** The status page as part of every controller: keeps the pages' versions up to date, for whichever edge asks. */
import type { Placement, ServiceSpec, SiteId, SiteRecord, ZoneId } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';
import { createIncidentBook, type IncidentBook } from './book.ts';
import { createDaysBook, type DaysOptions } from './days.ts';
import type { ZonePart } from './model.ts';
import { createPublisher, type Publisher } from './publisher.ts';
import { createForms, type Form, type FormAnswer } from './subscriptions/forms.ts';
import { createSubscriberTeller } from './subscriptions/teller.ts';

const LOOK_MS = 500;

export interface StatusPageOptions {
  clock: Clock;
  log: Log;
  /** Of this controller. */
  zone: ZoneId;
  store: Pick<
    Store,
    | 'incidentIds'
    | 'incidentSince'
    | 'subscriber'
    | 'subscribers'
    | 'keepSubscriber'
    | 'forgetSubscriber'
    | 'addNotices'
    | 'told'
  >;
  /** What is known of the store; `store/view.ts` keeps it. */
  state: {
    readonly service: ServiceSpec | null;
    readonly zones: ReadonlyMap<ZoneId, unknown>;
    readonly sites: ReadonlyMap<SiteId, SiteRecord>;
    readonly placements: ReadonlyMap<SiteId, Placement>;
    onChange(listener: (sites: SiteId[]) => void): () => void;
  };
  clusterKey: string;
  zones(): ZonePart[];
  measured: DaysOptions['measured'];
}

export interface StatusPage {
  publisher: Publisher;
  /** What a visitor sent comes to. @throws StoreUnavailable */
  form(form: Form): Promise<FormAnswer>;
  book: IncidentBook;
  stop(): void;
}

export function startStatusPage(options: StatusPageOptions): StatusPage {
  const { clock, log, store, state } = options;
  const book = createIncidentBook({ clock, store });
  const days = createDaysBook({ clock, sites: () => state.sites.keys(), measured: options.measured });
  const publisher = createPublisher({ ...options, book, days: days.of });
  const teller = createSubscriberTeller({ ...options, publisher, zones: () => state.zones.keys() });
  publisher.touched(state.sites.keys());
  const stopChanges = state.onChange((sites) => publisher.touched(sites));

  const look = async () => {
    const open = new Set<string>();
    for (const { incident } of state.placements.values()) if (incident !== null) open.add(incident);
    try {
      publisher.told(await book.look(open));
      if (book.ready) await teller.look();
    } catch (error) {
      if (!(error instanceof StoreUnavailable))
        log.error({ err: error }, 'following incidents for the status page failed');
    }
    publisher.touched(await days.look());
    publisher.look(book.ready && days.ready);
  };
  const stopLooking = clock.every(LOOK_MS, () =>
    look().catch((error) => log.error({ err: error }, 'the status page could not be made')),
  );
  return {
    publisher,
    form: createForms({ ...options, publisher }),
    book,
    stop: () => {
      stopChanges();
      stopLooking();
    },
  };
}
