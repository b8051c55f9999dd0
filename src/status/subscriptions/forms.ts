/**
 * What visitors send from the page: they ask to be told, confirm it, and end it. Following a link only shows a button, since mail
 * scanners follow links; the button does it. Whether an address is known already is told nobody.
 */
import { z } from 'zod';
import type { Subscriber, SubscriberChannel } from '../../model/index.ts';
import { shortHash } from '../../notify/recipients.ts';
import { mayBeAsked, subscriberSecret } from '../../notify/strangers.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Store } from '../../store/store.ts';
import type { Row } from '../compose.ts';
import { type Note, notePage, TOO_MANY } from '../pages/notes.ts';
import type { Publisher } from '../publisher.ts';
import { frameOf, settingsOf } from '../settings.ts';
import { type LinkPurpose, readLink } from './links.ts';
import { confirmation } from './messages.ts';

const DAY_MS = 86_400_000;
/** Requests for a confirmation that one address gets in a day, whatever for. */
const MOST_A_DAY = 5;
const MOST_OF_ADDRESS = 20;
/** Requests that this controller takes in a minute, from everybody. */
const MOST_A_MINUTE = 30;

export interface Form {
  method: 'GET' | 'POST';
  path: string;
  /** As browsers send a form. */
  body: string;
}

export interface FormAnswer {
  status: number;
  html: string;
}

export interface FormsOptions {
  clock: Pick<Clock, 'wall' | 'mono'>;
  clusterKey: string;
  store: Pick<Store, 'subscriber' | 'subscribers' | 'keepSubscriber' | 'forgetSubscriber' | 'addNotices'>;
  publisher: Pick<Publisher, 'about' | 'rowOf' | 'world'>;
}

const wish = z.object({
  about: z.string().max(100),
  channel: z.enum(['email', 'webhook']),
  to: z.string().trim().min(3).max(500),
});
const EMAIL = /^[^\s@<>",;:\\()[\]]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i;

const SENT: Note = {
  heading: 'One more step',
  text: 'A message is on its way to you. Open the link in it and press the button there; until then nothing else is sent.',
};
const WRONG: Note = {
  heading: 'That is no address',
  text: 'Please go back and check it: an e-mail address, or an https:// address.',
};
const BAD_LINK: Note = {
  heading: 'This link is not valid',
  text: 'Perhaps it was cut in two. Please copy the whole of it.',
};
const LATE_LINK: Note = { heading: 'This link has expired', text: 'Please ask on the status page once more.' };

/** What one form comes to. @throws StoreUnavailable */
export function createForms({
  clock,
  clusterKey,
  store,
  publisher,
}: FormsOptions): (form: Form) => Promise<FormAnswer> {
  let [minute, taken] = [0, 0];

  function admits(): boolean {
    const now = Math.floor(clock.mono() / 60_000);
    if (now !== minute) [minute, taken] = [now, 0];
    taken += 1;
    return taken <= MOST_A_MINUTE;
  }

  const answer = (status: number, note: Note): FormAnswer => ({
    status,
    html: notePage(frameOf(publisher.world().service), note),
  });

  async function subscribe(body: string): Promise<FormAnswer> {
    const { service } = publisher.world();
    const { subscribe: ways, privateWebhooks } = settingsOf(service);
    const { data } = wish.safeParse(Object.fromEntries(new URLSearchParams(body)));
    const row = data === undefined ? undefined : publisher.about(data.about);
    if (data === undefined || row === undefined || !ways.includes(data.channel)) return answer(400, WRONG);
    const fine = data.channel === 'email' ? EMAIL.test(data.to) : mayBeAsked(data.to, privateWebhooks);
    if (!fine) return answer(400, WRONG);
    if (!admits()) return answer(429, TOO_MANY);
    await ask(data.channel, data.to, row);
    return answer(200, SENT);
  }

  async function ask(channel: SubscriberChannel, to: string, row: Row | null): Promise<void> {
    const now = clock.wall();
    const address = shortHash(JSON.stringify([channel, channel === 'email' ? to.toLowerCase() : to]));
    const link = row?.visibility === 'private' ? row.link : null;
    const site = row?.site ?? null;
    const id = `${address}~${shortHash(JSON.stringify([site, link]))}`;
    const others = await store.subscribers({ of: `${address}~`, most: MOST_OF_ADDRESS });
    const today = others.flatMap(({ askedAt }) => askedAt).filter((at) => now - at < DAY_MS);
    const known = await store.subscriber(id);
    if (today.length >= MOST_A_DAY || (known === null && others.length >= MOST_OF_ADDRESS)) return;
    if (known !== null && known.value.confirmedAt !== null) return;
    const askedAt = [...(known?.value.askedAt ?? []), now].slice(-MOST_A_DAY);
    const next: Subscriber = { id, channel, to, site, link, askedAt, confirmedAt: null };
    if (!(await store.keepSubscriber(known, next))) return;
    await store.addNotices([{ notice: confirmation(next, letterhead(row)), told: [] }]);
  }

  function letterhead(row: Row | null) {
    const frame = frameOf(publisher.world().service);
    return { frame, clusterKey, now: clock.wall(), title: row?.title ?? null, path: row?.path ?? '' };
  }

  async function follow(purpose: LinkPurpose, token: string, pressed: boolean): Promise<FormAnswer> {
    const claim = readLink(clusterKey, purpose, token, clock.wall());
    if (claim === 'bad') return answer(400, BAD_LINK);
    if (claim === 'late') return answer(410, LATE_LINK);
    return purpose === 'confirm' ? confirm(claim.id, pressed) : unsubscribe(claim.id, pressed);
  }

  async function confirm(id: string, pressed: boolean): Promise<FormAnswer> {
    const known = await store.subscriber(id);
    if (known === null) return answer(410, LATE_LINK);
    const { value } = known;
    const what = titleOf(value);
    if (!pressed)
      return answer(200, { heading: 'News of incidents', text: `${what}, to ${value.to}.`, button: 'Yes, tell me' });
    if (value.confirmedAt === null) await store.keepSubscriber(known, { ...value, confirmedAt: clock.wall() });
    const done = { heading: 'It is confirmed', text: `You are told of incidents: ${what}, at ${value.to}.` };
    if (value.channel === 'email') return answer(200, done);
    const signed = 'Messages are signed as Standard Webhooks has it, with this secret, which is shown only here:';
    return answer(200, { ...done, text: `${done.text} ${signed}`, code: subscriberSecret(clusterKey, id) });
  }

  async function unsubscribe(id: string, pressed: boolean): Promise<FormAnswer> {
    const known = await store.subscriber(id);
    const gone = { heading: 'You get no more messages', text: 'Thank you for having been with us.' };
    if (known === null) return answer(200, gone);
    if (pressed) {
      await store.forgetSubscriber(id);
      return answer(200, gone);
    }
    const text = `${titleOf(known.value)}, to ${known.value.to}.`;
    return answer(200, { heading: 'End the messages', text, button: 'No more messages' });
  }

  function titleOf({ site }: Subscriber): string {
    const title = site === null ? undefined : publisher.rowOf(site)?.title;
    return title ?? frameOf(publisher.world().service).service;
  }

  return async ({ method, path, body }) => {
    if (path === '/subscribe' && method === 'POST') return subscribe(body);
    const [, purpose, token] = /^\/(confirm|unsubscribe)\/([\w.-]+)$/.exec(path) ?? [];
    if (purpose === undefined) return answer(404, BAD_LINK);
    return follow(purpose as LinkPurpose, token!, method === 'POST');
  };
}
