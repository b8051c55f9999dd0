/**
 * Takes notices out of the outbox to where they belong. Any controller may; one that dies between any two steps is carried on by
 * another, so each arrives at least once, and every time under the same id.
 *
 *   waiting ──claim──▶ waiting, due again later ──sent──▶ sent
 *      ▲                     │ failed: due again after a pause; after about a day: dead, until a person tries again
 *      │                     │ its subscriber is none any more: dead, unsent
 *      └──(sender died)──────┘
 */
import type { Notice, ServiceSpec, ZoneId } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { type Kept, type Outbox, StoreUnavailable, type SubscriberBook } from '../store/store.ts';
import { channelOf, DELIVERY_MS, type Deliver } from './channel.ts';
import { shortHash } from './recipients.ts';

/** Who has claimed a notice has so long to send it and to say so. */
const CLAIM_MS = DELIVERY_MS + 5_000;
const MOST_IN_FLIGHT = 16;
const MOST_LOOKED_AT = 200;
/** Each controller leaves a notice so long to every one before it in the notice's own order. */
const TURN_MS = 1_500;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** With these pauses: a day. */
export const MOST_ATTEMPTS = 30;
const MARK_ATTEMPTS = 5;
const MARK_PAUSE_MS = 500;
const MOST_TROUBLE = 500;
const UNWANTED = 'not sent: the subscription has ended';

export type DeliveryStep = 'before-claim' | 'after-claim' | 'after-sending' | 'after-marking';

export interface DelivererOptions {
  zone: ZoneId;
  clock: Clock;
  log: Log;
  store: Outbox & Pick<SubscriberBook, 'subscriber'>;
  service(): ServiceSpec | null;
  /** Zones whose controllers take turns. */
  zones(): Iterable<ZoneId>;
  channel?: (kind: Notice['address']['channel']) => Promise<Deliver>;
  claimMs?: number;
  clusterKey?: string;
  /** Called at each step: tests die there. */
  step?: (name: DeliveryStep) => void;
}

export interface Deliverer {
  /** Looks for what is due and sends it on its way, one after the other, until nothing is due; does not wait for it. */
  turn(): Promise<void>;
  /** Starts nothing more; resolves when nothing is under way. */
  stop(): Promise<void>;
}

export function createDeliverer(options: DelivererOptions): Deliverer {
  const { clock, store, log, step = () => {}, claimMs = CLAIM_MS } = options;
  const underWay = new Map<string, Promise<void>>();
  /** Due, for this controller to send, as far as read. */
  let queue: Kept<Notice>[] = [];
  /** There may be more than was read. */
  let isMore = false;
  let reading: Promise<void> | null = null;
  let stopped = false;

  async function turn(): Promise<void> {
    if (queue.length === 0) await read();
    startSome();
  }

  function read(): Promise<void> {
    reading ??= readDue().finally(() => {
      reading = null;
    });
    return reading;
  }

  async function readDue(): Promise<void> {
    if (options.service() === null) return;
    const now = clock.wall();
    const due = await store.notices('waiting', { until: now, most: MOST_LOOKED_AT });
    isMore = due.length === MOST_LOOKED_AT;
    queue = due.filter(
      ({ value: { id, dueAt } }) =>
        !underWay.has(id) && now >= dueAt + rankOf(options.zone, options.zones(), id) * TURN_MS,
    );
  }

  function startSome(): void {
    const service = options.service();
    while (service !== null && !stopped && underWay.size < MOST_IN_FLIGHT) {
      const kept = queue.shift();
      if (kept === undefined) return;
      start(kept, service);
    }
  }

  function start(kept: Kept<Notice>, service: ServiceSpec): void {
    const { id } = kept.value;
    const work = send(kept, service)
      .catch((error) => {
        const level = error instanceof StoreUnavailable ? 'debug' : 'error';
        log[level]({ err: error, notice: id }, 'a notice could not be sent now; it stays in the outbox');
      })
      .finally(() => {
        underWay.delete(id);
        goOn();
      });
    underWay.set(id, work);
  }

  /** One has ended: the next is begun without waiting for the next turn. */
  function goOn(): void {
    if (queue.length > 0) startSome();
    else if (isMore && !stopped && underWay.size <= MOST_IN_FLIGHT / 2) turn().catch(() => {});
  }

  async function send(kept: Kept<Notice>, service: ServiceSpec): Promise<void> {
    step('before-claim');
    const claimed = await claim(kept);
    if (claimed === null) return;
    step('after-claim');
    const notice = claimed.value;
    if (await isUnwanted(notice)) {
      await mark(claimed, { ...notice, state: 'dead', lastTrouble: UNWANTED });
      log.info({ notice: notice.id, kind: notice.kind }, 'a notice was not sent: its subscription has ended');
      return;
    }
    const trouble = (await isOvertaking(notice))
      ? 'waits for an earlier one about the same'
      : await attempt(notice, service);
    if (trouble === null) step('after-sending');
    await mark(claimed, trouble === null ? sentNow(notice) : afterTrouble(notice, trouble));
    step('after-marking');
    const { id, kind, address, attempts } = notice;
    const line = { notice: id, kind, channel: address.channel, attempts };
    if (trouble === null) log.info(line, 'a notice was sent');
    else log.warn({ ...line, trouble }, 'a notice could not be sent');
  }

  function claim(kept: Kept<Notice>): Promise<Kept<Notice> | null> {
    const { value } = kept;
    return store.changeNotice(kept, { ...value, attempts: value.attempts + 1, dueAt: clock.wall() + claimMs });
  }

  /** Whoever ended a subscription, by its link or as an admin, ended what still waits for it too. */
  async function isUnwanted({ data }: Notice): Promise<boolean> {
    return typeof data.subscriber === 'string' && (await store.subscriber(data.subscriber)) === null;
  }

  /** An alert must not be raised after it was resolved: what acts on each event gets them in their order. */
  async function isOvertaking({ id, address, incident, createdAt }: Notice): Promise<boolean> {
    if (address.channel !== 'pagerduty') return false;
    const waiting = await store.notices('waiting', { most: MOST_LOOKED_AT });
    return waiting.some(
      ({ value }) =>
        value.id !== id &&
        value.address.channel === 'pagerduty' &&
        value.address.to === address.to &&
        value.incident === incident &&
        value.createdAt < createdAt,
    );
  }

  /** Null: taken by the other side; else why not. */
  async function attempt(notice: Notice, service: ServiceSpec): Promise<string | null> {
    const ending = new AbortController();
    const cancel = clock.after(DELIVERY_MS, () => ending.abort());
    try {
      const deliver = await (options.channel ?? channelOf)(notice.address.channel);
      await deliver({ notice, service, clock, signal: ending.signal, clusterKey: options.clusterKey });
      return null;
    } catch (error) {
      return ((error as Error).message || String(error)).slice(0, MOST_TROUBLE);
    } finally {
      cancel();
    }
  }

  /** What is not marked is sent once more, under the same id: worth some patience. */
  async function mark(claimed: Kept<Notice>, next: Notice): Promise<void> {
    for (let attempts = 1; ; attempts += 1) {
      try {
        await store.changeNotice(claimed, next);
        return;
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || attempts >= MARK_ATTEMPTS) throw error;
        await clock.sleep(MARK_PAUSE_MS);
      }
    }
  }

  function sentNow(notice: Notice): Notice {
    return { ...notice, state: 'sent', sentAt: clock.wall(), lastTrouble: null };
  }

  function afterTrouble(notice: Notice, trouble: string): Notice {
    const next: Notice = { ...notice, lastTrouble: trouble, dueAt: clock.wall() + pauseMs(notice.attempts) };
    return notice.attempts >= MOST_ATTEMPTS ? { ...next, state: 'dead' } : next;
  }

  return {
    turn,
    stop: async () => {
      stopped = true;
      await Promise.all(underWay.values());
    },
  };
}

/** After so many attempts. */
export function pauseMs(attempts: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 3 ** Math.max(0, attempts - 1));
}

/**
 * Place of this zone's controller among all in the order of this very name, from 0: so they share the work, and nobody waits for the
 * dead for long. Rendezvous hashing: everybody comes to the same order.
 */
export function rankOf(zone: ZoneId, zones: Iterable<ZoneId>, name: string): number {
  const own = shortHash(`${name} ${zone}`);
  let rank = 0;
  for (const other of zones) if (other !== zone && shortHash(`${name} ${other}`) < own) rank += 1;
  return rank;
}
