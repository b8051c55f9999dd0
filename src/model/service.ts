/**
 * What the operator sells and whom to tell: plans, people, who is on call, channels, the service level and the status page. One
 * description for the whole installation, applied like a site's and kept in the store; `config/service.ts` reads the YAML.
 * Secrets are never in it: it names files that hold them on the controllers' hosts.
 */
import type { EdgeId, SiteId, ZoneId } from './ids.ts';
import type { LatencyCounts } from './latency.ts';
import type { DailyWindow } from './policy.ts';
import type { StatusPageSpec } from './status-page.ts';

export interface Plan {
  name: string;
  /** For people: `Elite`. */
  title: string;
  /** Whether sites of this plan may be protected: always, only with the add-on, or not at all. */
  disasterRecovery: 'included' | 'add-on' | 'unavailable';
}

/** How bad it is for the person who reads of it. */
export type Severity = 'info' | 'warning' | 'critical';
export const SEVERITIES: readonly Severity[] = ['info', 'warning', 'critical'];

export type ChannelKind = 'email' | 'webhook' | 'slack' | 'pagerduty' | 'command';

/** One way to reach somebody. */
export interface Address {
  channel: ChannelKind;
  /** E-mail address, https:// address, PagerDuty routing key's file, or a number for the command. */
  to: string;
  /** Only what is at least as bad as this. */
  atLeast: Severity;
}

export interface Person {
  name: string;
  /** IANA name, for quiet hours, on-call hours and times in what they read: `Europe/Berlin`. */
  timeZone: string;
  language: string;
  addresses: Address[];
  /** Local times in which only `critical` is sent; what is held back is sent, grouped, at the end. */
  quiet: DailyWindow[];
  /** Sites whose people they are, besides those whose description names one of their addresses. */
  sites: string[];
}

export interface OnCallShift {
  person: string;
  /** Days of the week, 1 = Monday … 7 = Sunday, and local time in the person's zone; empty: always. */
  hours: { days: number[]; window: DailyWindow }[];
}

export interface OnCall {
  /** Asked in this order; the first whose hours it is. Empty: nobody is asked (PagerDuty may be configured instead). */
  shifts: OnCallShift[];
  /** Nobody acknowledged for so long: the next is asked. */
  escalateAfterMs: number;
  /** From this severity on somebody is asked. */
  atLeast: Severity;
  /** When nobody of the list has acknowledged it begins anew, so many times in all. */
  rounds: number;
}

export interface ServiceLevel {
  /** 0.9995 */
  target: number;
  /** A minute is bad when at least this share of the visitors' requests in it failed. */
  badMinuteShare: number;
  /** With fewer requests than this in a minute, neighbouring minutes are judged together until there are as many, at most an hour. */
  leastRequests: number;
  /** Announced maintenance does not count. */
  excludeMaintenance: boolean;
  /** Share of the monthly price that is given back below an availability: highest matching row counts. */
  credits: { below: number; percent: number }[];
}

export interface Maintenance {
  id: string;
  title: string;
  from: number;
  to: number;
  /** Empty, or `*` among them: all. */
  sites: string[];
}

/** It is announced for all sites. */
export function isForAll({ sites }: Pick<Maintenance, 'sites'>): boolean {
  return sites.length === 0 || sites.includes('*');
}

/** It is announced for this site. */
export function isForSite(maintenance: Pick<Maintenance, 'sites'>, site: SiteId): boolean {
  return isForAll(maintenance) || maintenance.sites.includes(site);
}

export interface ServiceSpec {
  name: string;
  /** When the first description was applied: of what happened before nobody is told. */
  since: number;
  /** Public addresses of this installation: for links in notices. */
  urls: { console: string; status: string };
  contact: { sales: string; support: string };
  plans: Plan[];
  people: Person[];
  onCall: OnCall;
  channels: {
    email: {
      host: string;
      port: number;
      from: string;
      user: string | null;
      passwordFile: string | null;
      /** TLS from the first byte; false: STARTTLS, which is insisted on when there is a password. */
      secure: boolean;
      /** Certificates (PEM) that are trusted besides those of the system. */
      caFile: string | null;
    } | null;
    webhook: { secretFile: string } | null;
    slack: { webhookFile: string } | null;
    pagerduty: { routingKeyFile: string; url: string } | null;
    /** SMS and anything else: run with the message on standard input, `{{to}}` filled in. */
    command: string[] | null;
  };
  /** Folder with templates that replace the built-in ones, by `LANGUAGE/KIND.txt`; null: none. */
  templates: string | null;
  level: ServiceLevel;
  maintenance: Maintenance[];
  /** Left out by older records: the defaults. */
  status?: StatusPageSpec | undefined;
}

/** One minute of one site as one edge counted it; what the service level is computed from. Edge, site and minute are its key. */
export interface MinuteRow {
  edge: EdgeId;
  /** `EVERY_SITE`: that this edge was counting in this minute. */
  site: SiteId;
  /** Minutes since 1970. */
  minute: number;
  requests: number;
  /** Answered 500–599, by an error of the edge's own, or not at all although the visitor waited. */
  failed: number;
  /** Held for a move or a quiet zone, and then answered. */
  held: number;
  heldLongestMs: number;
  /** Time from the request to the answer's head, of those that were answered; see `latency.ts`. */
  latency: LatencyCounts;
  longestMs: number;
}

/** No site's name: the rows by which a minute in which nobody came is told from one in which nobody counted. */
export const EVERY_SITE = '';

/** The same for one second: kept a day, for the impact of an incident. */
export interface SecondRow extends Omit<MinuteRow, 'minute'> {
  /** Seconds since 1970. */
  second: number;
}

/** What an incident meant for one site, from the edges' seconds between its beginning and its end; docs/reference/sla.md says how. */
export interface Impact {
  site: SiteId;
  /** What was counted, milliseconds since 1970; it grows until it is final. */
  from: number;
  to: number;
  /** The incident is over for this site, and everything that the edges counted in it is in. */
  final: boolean;
  /** Edges whose counts are missing, since they did not answer. */
  unheard: EdgeId[];
  requests: number;
  failed: number;
  /** Held, and then answered. */
  held: number;
  heldLongestMs: number;
  /** Waiting times in the seconds in which any request failed or was held; when there was none, of the whole time. */
  p50Ms: number;
  p99Ms: number;
  longestMs: number;
  /** Seconds in which at least `badMinuteShare` of the requests failed, or in which every request was held and none answered. */
  downSeconds: number;
  /**
   * For how long visitors were not served: to the first second after the last one down in which one was answered well, and at least as long as the longest
   * was held. 0: nobody noticed. Null: not served again yet.
   */
  recoveredAfterMs: number | null;
  /** From the beginning of the evidence until it was open again where it was moved to; null: not moved, or not open yet. */
  rtoMs: number | null;
  /** Acknowledged transactions lost: 0 by proof, at most so many, or null while it is not determined. */
  transactionsLost: number | null;
  /** Where the list of them is. */
  lostIn: { zone: ZoneId; transactions: number | null; folder: string }[];
  /** What is cold after the move. */
  cold: ('cache' | 'search')[];
}

/** The time line's marks; null: not reached. */
export interface TimeLine {
  /** Evidence began. */
  began: number | null;
  noticed: number | null;
  decided: number | null;
  moved: number | null;
  serving: number | null;
  protected: number | null;
}

export const UPDATE_STATES = ['investigating', 'identified', 'monitoring', 'resolved'] as const;
export type UpdateState = (typeof UPDATE_STATES)[number];

/** What a person writes into an incident. */
export interface IncidentUpdate {
  at: number;
  by: string;
  state: UpdateState;
  text: string;
  /** Shown on the status page. */
  public: boolean;
}

export type NoticeKind =
  | 'moved' // the site was moved, or is being moved, because of trouble
  | 'in-trouble' // trouble that no move answers yet, with the refusal
  | 'protected-again'
  | 'exposed' // lost its standby; still serving
  | 'update' // somebody wrote into the incident
  | 'planned' // a planned move or drill has begun or ended
  | 'loss' // acknowledged transactions were given up
  | 'loss-known' // and which, since the copy that had them is back
  | 'level' // the error budget burns, or is gone
  | 'on-call' // somebody is asked to take it
  | 'plan' // protected or unprotected by a change of plan
  | 'subscription' // somebody asked on the status page to be told, and is to confirm it
  | 'news'; // what stands on the status page, for who asked to be told

/** One message to one address, as the outbox in the store keeps it. Its id is the idempotency key: twice sent has the same. */
export interface Notice {
  id: string;
  kind: NoticeKind;
  severity: Severity;
  person: string;
  address: Address;
  incident: string | null;
  sites: string[];
  createdAt: number;
  /** Not before; for quiet hours and back-off. */
  dueAt: number;
  attempts: number;
  lastTrouble: string | null;
  state: 'waiting' | 'sent' | 'dead';
  sentAt: number | null;
  subject: string;
  text: string;
  /** For channels that take structured data. */
  data: Record<string, unknown>;
}

/**
 * That an address was told of an event up to a point: written together with the notice that tells it, and only if nobody was
 * faster. Event, address and sequence are its key.
 */
export interface Told {
  /** An incident's id, or a name of its own kind: `planned~…`, `plan~…`, `on-call~…`. */
  event: string;
  /** Short name of a person and address, see `notify/recipients.ts`. */
  to: string;
  /** From 1. */
  sequence: number;
  at: number;
  /** Everything that happened in the event with an `order` up to this has been told. */
  upTo: number;
  /** Id of the notice. */
  notice: string;
  /** The worst that was told so far. */
  severity: Severity;
  /** Set where it matters: who was asked. */
  person?: string;
}
