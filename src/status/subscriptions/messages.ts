/** What subscribers read: the request to confirm, and the news. Each has the link that ends it. Pure. */
import type { Notice, Subscriber, WallMs } from '../../model/index.ts';
import { shortHash } from '../../notify/recipients.ts';
import type { PageFrame, Post, PublicIncident } from '../model.ts';
import { POST_WORDS, timeWords } from '../words.ts';
import { signLink } from './links.ts';

export const CONFIRM_WITHIN_MS = 2 * 86_400_000;
const MOST_TEXT = 20_000;

export interface Letterhead {
  frame: PageFrame;
  clusterKey: string;
  now: WallMs;
  /** Title of the site that it is about; null: the overall page. */
  title: string | null;
  /** Path of its page. */
  path: string;
}

export function confirmation(to: Subscriber, { frame, clusterKey, now, title }: Letterhead): Notice {
  const link = `${frame.url ?? ''}/confirm/${signLink(clusterKey, 'confirm', to.id, now + CONFIRM_WITHIN_MS)}`;
  const what = title === null ? frame.service : `${title} (${frame.service})`;
  const text = [
    `Somebody, probably you, asked for news of incidents: ${what}.`,
    `Open this page and press the button there to get them; it is good for two days:\n${link}`,
    'If it was not you, do nothing: you get no further message.',
  ];
  return {
    ...blank(to, now),
    id: shortHash(JSON.stringify(['subscription', to.id, ...to.askedAt])),
    kind: 'subscription',
    subject: `Please confirm: news of ${what}`,
    text: `${text.join('\n\n')}\n`,
    data: { subscriber: to.id, confirm: link },
  };
}

/** `sequence`: of what was told this subscriber about this incident, from 1. */
export function news(
  to: Subscriber,
  incident: PublicIncident,
  posts: readonly Post[],
  sequence: number,
  { frame, clusterKey, now, title, path }: Letterhead,
): Notice {
  const unsubscribe = `${frame.url ?? ''}/unsubscribe/${signLink(clusterKey, 'unsubscribe', to.id, null)}`;
  const page = `${frame.url ?? ''}/${path === '' ? '' : `${path}/`}`;
  const said = posts.map(
    ({ at, state, text }) => `${POST_WORDS[state]}, ${timeWords(at, frame.timeZone)} (${frame.timeZone})\n${text}`,
  );
  const named =
    incident.sites.length === 0
      ? []
      : [`${incident.sites.join(', ')}${incident.more > 0 ? ` and ${incident.more} more` : ''}`];
  const text = [incident.title, ...named, ...said, page, '---', `No more of these: ${unsubscribe}`].join('\n\n');
  return {
    ...blank(to, now),
    id: shortHash(JSON.stringify(['news', incident.id, to.id, sequence])),
    kind: 'news',
    incident: incident.id,
    subject: `${POST_WORDS[posts.at(-1)!.state]}: ${title === null ? incident.title : `${title}: ${incident.title}`}`,
    text: `${text.slice(0, MOST_TEXT)}\n`,
    data: {
      subscriber: to.id,
      unsubscribe,
      page,
      title: incident.title,
      site: to.site,
      openedAt: new Date(incident.openedAt).toISOString(),
      closedAt: incident.closedAt === null ? null : new Date(incident.closedAt).toISOString(),
      posts: posts.map(({ key, at, state, text: words }) => ({
        key,
        at: new Date(at).toISOString(),
        state,
        text: words,
      })),
    },
  };
}

function blank({ channel, to }: Subscriber, now: WallMs) {
  return {
    severity: 'info' as const,
    person: 'a subscriber',
    address: { channel, to, atLeast: 'info' as const },
    incident: null,
    sites: [],
    createdAt: now,
    dueAt: now,
    attempts: 0,
    lastTrouble: null,
    state: 'waiting' as const,
    sentAt: null,
  };
}
