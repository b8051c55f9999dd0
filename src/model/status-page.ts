/** The public status page as descriptions configure it, and those who asked to be told of what stands on it. */
import type { SiteId, WallMs } from './ids.ts';

export interface StatusPageSpec {
  /** What the overall page lists as its parts. */
  components: 'sites' | 'zones';
  /** Sites whose own description does not say it: for everybody, or only for who has the link. */
  sites: 'public' | 'private';
  /** A paragraph under the heading; null: none. */
  intro: string | null;
  /** IANA name: the clock that times are shown by. Days of the bars are UTC, as the service level's are. */
  timeZone: string;
  /** By which ways visitors may ask to be told; empty: by none. */
  subscribe: SubscriberChannel[];
  /** Webhooks may also go to addresses that are not public ones. For installations inside a network of their own, and tests. */
  privateWebhooks: boolean;
}

/** What a service description leaves out, or nobody has described. */
export const STATUS_PAGE_DEFAULTS: StatusPageSpec = {
  components: 'sites',
  sites: 'public',
  intro: null,
  timeZone: 'UTC',
  subscribe: ['email'],
  privateWebhooks: false,
};

/** What a site's description says of its page. */
export interface SiteStatusSpec {
  /** For visitors: `The shop`; null: its first host name. */
  title: string | null;
  /** `off`: it has no page and stands on none; null: as the service description says. */
  visibility: 'public' | 'private' | 'off' | null;
  /** Another number makes another link to a private page; the one before it opens nothing any more. */
  link: number;
}

export const SITE_STATUS_DEFAULTS: SiteStatusSpec = { title: null, visibility: null, link: 1 };

export type SubscriberChannel = 'email' | 'webhook';

/** Somebody who asked to be told. Channel, address and what it is about are its id. */
export interface Subscriber {
  id: string;
  channel: SubscriberChannel;
  to: string;
  /** Null: everything on the overall page. */
  site: SiteId | null;
  /** Of a private site: the number of the link that it was asked for with. */
  link: number | null;
  /** The times of the newest requests for a confirmation, oldest first. */
  askedAt: WallMs[];
  /** Null: nobody has confirmed it; it is told nothing. */
  confirmedAt: WallMs | null;
}
