/** Where things lie in etcd, and how they are written there: the only file that knows a key's spelling. */
import type { Epoch, IncidentEntry, Notice, Placement, SiteId, Told, WallMs, ZoneId } from '../model/index.ts';

const ROOT = '/holdfast';
/** Everything that is watched; one prefix, so that one watch carries it in the order of the commits. */
export const STATE = `${ROOT}/state/`;
/**
 * Put by every transaction that changes something under STATE. A linearizable read of this one small key tells a watcher
 * whether it has seen everything.
 */
export const MARK = `${STATE}mark`;
export const INCIDENTS = `${ROOT}/incidents/`;
/** One empty key per incident, so that listing them does not read their entries. */
export const INCIDENT_INDEX = `${ROOT}/incident-index/`;

export type StateKind = 'zones' | 'edges' | 'sites' | 'placements' | 'claims' | 'service';
const STATE_KINDS: readonly string[] = ['zones', 'edges', 'sites', 'placements', 'claims', 'service'];
/** There is one service description. */
export const SERVICE = `${STATE}service/description`;

export const zoneKey = (zone: ZoneId): string => `${STATE}zones/${zone}`;
export const edgeKey = (edge: string): string => `${STATE}edges/${edge}`;
export const siteKey = (site: SiteId): string => `${STATE}sites/${site}`;
export const placementKey = (site: SiteId): string => `${STATE}placements/${site}`;
const CLAIMS = `${STATE}claims/`;
/** Holds the id of the newest incident about the subject: what compare-and-set compares when one is opened. */
export const claimKey = (subject: string): string => `${CLAIMS}${subject}`;
export const subjectOfClaim = (key: string): string => key.slice(CLAIMS.length);
/** Holds the placement's epoch as a decimal number: what compare-and-set compares. */
export const epochKey = (site: SiteId): string => `${ROOT}/epochs/${site}`;
/** The newest results of the site's drills, in one list: written only together with a placement, whose epoch guards it. */
export const drillsKey = (site: SiteId): string => `${ROOT}/drills/${site}`;
export const secretsKey = (site: SiteId): string => `${ROOT}/secrets/${site}`;
/** Holds the name of the site that has the slot. */
export const slotKey = (slot: number): string => `${ROOT}/slots/${slot}`;
export const incidentPrefix = (id: string): string => `${INCIDENTS}${id}/`;
export const incidentIndexKey = (id: string): string => `${INCIDENT_INDEX}${id}`;

export function incidentEntriesKey(id: string, key: string): string {
  if (id.includes('/')) throw new Error(`an incident's id contains no slash: ${id}`);
  return incidentPrefix(id) + key;
}

/** The key under which the entries of the change that made `epoch` are appended to its incident. */
export function changeEntriesKey(site: SiteId, epoch: Epoch): string {
  return `${site}@${String(epoch).padStart(10, '0')}`;
}

/** Which kind of thing a key under STATE holds; null for keys that hold none (the mark, and what later versions add). */
export function stateKindOf(key: string): StateKind | null {
  if (!key.startsWith(STATE)) return null;
  const kind = key.slice(STATE.length).split('/', 1)[0] ?? '';
  return STATE_KINDS.includes(kind) ? (kind as StateKind) : null;
}

/** A placement as it is stored: with a name for the very commit that wrote it, so that an author recognises its own. */
export interface StoredPlacement {
  commit: string;
  placement: Placement;
}

/** Entries appended together, under one key. */
export interface EntryGroup {
  key: string;
  entries: IncidentEntry[];
}

/**
 * A new incident's id: sorts by time, and says what it is about: `20261122T172920.123Z~zone-dark:a`.
 * `subject` is `subjectOf(finding)`.
 */
export function newIncidentId(openedAt: WallMs, subject: string): string {
  const time = new Date(openedAt).toISOString().replaceAll('-', '').replaceAll(':', '');
  return `${time}~${subject.replaceAll('/', '-')}`;
}

/** The two halves of an incident's id; null when it is not one. */
export function parseIncidentId(id: string): { openedAt: WallMs; subject: string } | null {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d\.\d{3})Z~(.+)$/.exec(id);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, subject] = match;
  const openedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(openedAt) || subject === undefined ? null : { openedAt, subject };
}

export const noticeKey = (id: string): string => `${ROOT}/notices/${id}`;

/** Notices of one state in the order of their times: waiting ones by when they are due, sent ones by when they were, dead ones by their making. */
export const noticeIndex = (state: Notice['state']): string => `${ROOT}/notice-index/${state}/`;

export function noticeIndexKey({ id, state, dueAt, sentAt, createdAt }: Notice): string {
  const at = { waiting: dueAt, sent: sentAt ?? createdAt, dead: createdAt }[state];
  return `${noticeIndex(state)}${timeKey(at)}~${id}`;
}

/** Times as text that sorts like them. */
export const timeKey = (at: WallMs): string => String(Math.max(0, Math.round(at))).padStart(15, '0');

/** What was told of one event. */
export function toldPrefix(event: string): string {
  if (event.includes('/')) throw new Error(`the name of an event contains no slash: ${event}`);
  return `${ROOT}/told/${event}/`;
}

export const toldKey = ({ event, to, sequence }: Told): string =>
  `${toldPrefix(event)}${to}/${String(sequence).padStart(6, '0')}`;

export const TOKENS = `${ROOT}/tokens/`;
export const tokenKey = (id: string): string => `${TOKENS}${id}`;

export const subscriberKey = (id: string): string => `${ROOT}/subscribers/${id}`;

/** What was asked for, in the order of the times. */
export const AUDIT = `${ROOT}/audit/`;
export const auditKey = (id: string): string => `${AUDIT}${id}`;
