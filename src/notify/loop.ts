/**
 * Notices, as part of every controller: follows the incidents, puts what people are to be told into the store's outbox, and sends
 * what is due. What has to be remembered is in the store; a controller that starts anew reads it there.
 */
import type { Impact, Placement, ServiceSpec, SiteId, SiteRecord, SiteSpec, ZoneId } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';
import { LINK_LASTS_MS, signAck } from './ack-link.ts';
import type { Knowledge } from './compose.ts';
import { createDeliverer, type DelivererOptions, type DeliveryStep } from './deliver.ts';
import type { EventLog } from './happenings.ts';
import { createTeller } from './teller.ts';
import { loadTexts, type Texts } from './texts.ts';

const TURN_MS = 500;
const CLEAN_EVERY_MS = 600_000;
/** What was sent is kept so long, to be looked up. */
const KEEP_SENT_MS = 30 * 86_400_000;
const MOST_CLEANED = 500;

export type NotifyStore = Pick<
  Store,
  | 'addNotices'
  | 'notice'
  | 'notices'
  | 'changeNotice'
  | 'forgetNotice'
  | 'told'
  | 'subscriber'
  | 'incidentIds'
  | 'incidentSince'
  | 'appendToIncident'
>;

/** What is known of the store; `store/view.ts` keeps it. */
export interface NotifyState {
  readonly zones: ReadonlyMap<ZoneId, unknown>;
  readonly sites: ReadonlyMap<SiteId, SiteRecord>;
  readonly placements: ReadonlyMap<SiteId, Placement>;
  readonly service: ServiceSpec | null;
}

export interface NotifyLoopOptions {
  zone: ZoneId;
  clock: Clock;
  log: Log;
  store: NotifyStore;
  state: NotifyState;
  clusterKey: string;
  /** Figures of an incident for one site; null: not known (yet). */
  impactOf?: (incident: string, site: SiteId) => Impact | null;
  channel?: DelivererOptions['channel'];
  claimMs?: number;
  step?: (name: DeliveryStep | 'before-keeping' | 'after-keeping') => void;
}

export interface NotifyLoop {
  /** Puts happenings of another kind into the outbox at once: a change of plan, a burning error budget. Told twice under one name: once. `about`: sites as they are described from now on. */
  tell(event: EventLog, about?: readonly SiteSpec[]): Promise<void>;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

/** Runs until `stop`. */
export function startNotifyLoop(options: NotifyLoopOptions): NotifyLoop {
  const { clock, log, store, state } = options;
  const knowledge = knowledgeOf(options);
  const linkFor = (incident: string) => (person: string) => {
    const token = signAck(options.clusterKey, { incident, person, until: clock.wall() + LINK_LASTS_MS });
    return `${state.service?.urls.console ?? ''}/acknowledge/${token}`;
  };
  const teller = createTeller({ ...options, knowledge, linkFor });
  const deliverer = createDeliverer({ ...options, service: () => state.service, zones: () => state.zones.keys() });
  const attempt = (what: string, work: () => Promise<void>) => async () => {
    try {
      await work();
    } catch (error) {
      const level = error instanceof StoreUnavailable ? 'debug' : 'error';
      log[level]({ err: error }, `${what} failed; trying again`);
    }
  };
  const stops = [
    clock.every(TURN_MS, attempt('writing notices', teller.turn)),
    clock.every(TURN_MS, attempt('sending notices', deliverer.turn)),
    clock.every(
      CLEAN_EVERY_MS,
      attempt('clearing old notices away', () => forgetOld(store, clock.wall())),
    ),
  ];
  return {
    tell: teller.tell,
    stop: async () => {
      for (const stop of stops) stop();
      await teller.idle();
      await deliverer.stop();
    },
  };
}

/** Texts are read once for each description of the service. */
export function knowledgeOf({
  state,
  impactOf,
}: Pick<NotifyLoopOptions, 'state' | 'impactOf'>): () => Knowledge | null {
  let of: ServiceSpec | null = null;
  let texts = new Map<string, Texts>();
  return () => {
    const { service } = state;
    if (service === null) return null;
    if (service !== of) texts = new Map();
    of = service;
    return {
      service,
      specOf: (site) => state.sites.get(site)?.spec,
      placementOf: (site) => state.placements.get(site),
      impactOf: impactOf ?? (() => null),
      textsOf: (language) => {
        const known = texts.get(language) ?? loadTexts(service.templates, language);
        texts.set(language, known);
        return known;
      },
    };
  };
}

async function forgetOld(store: NotifyStore, now: number): Promise<void> {
  for (const old of await store.notices('sent', { until: now - KEEP_SENT_MS, most: MOST_CLEANED }))
    await store.forgetNotice(old);
}
