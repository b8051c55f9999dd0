/** Puts what an address is to be told into words: what happened, what it meant, what was done, what is left, whom to ask. Pure. */
import { DateTime } from 'luxon';
import {
  type Impact,
  isProtected,
  type Notice,
  type Placement,
  type ServiceSpec,
  type SiteId,
  type SiteSpec,
  wantsProtection,
} from '../model/index.ts';
import { cut } from './cut.ts';
import type { EventLog, Happening } from './happenings.ts';
import { impactWords } from './impact.ts';
import type { Recipient } from './recipients.ts';
import type { SiteState } from './state.ts';
import { put, TEXT_PLACEHOLDERS, type Texts } from './texts.ts';
import type { Draft } from './wanted.ts';

export interface Knowledge {
  service: ServiceSpec;
  specOf(site: SiteId): SiteSpec | undefined;
  placementOf(site: SiteId): Placement | undefined;
  /** Null: not known (yet). */
  impactOf(incident: string, site: SiteId): Impact | null;
  textsOf(language: string): Texts;
}

/** The most important part first. */
const ORDER: Happening['kind'][] = [
  'loss',
  'loss-known',
  'in-trouble',
  'moved',
  'exposed',
  'level',
  'planned',
  'plan',
  'protected-again',
  'update',
];
const MOST_LISTED = 20;
const MOST_IN_DATA = 100;
const MOST_TEXT = 20_000;
export const MOST_SUBJECT = 200;

export type Message = Pick<Notice, 'subject' | 'text' | 'data'>;

export function composeDrafts(drafts: readonly Draft[], knowledge: Knowledge): Message {
  const { recipient } = drafts[0]!;
  const texts = knowledge.textsOf(recipient.language);
  const parts = drafts.flatMap((draft) => partsOf(draft, knowledge, texts));
  const subject =
    drafts.length === 1
      ? (parts[0]?.subject ?? '')
      : put(texts.words('subject.several'), { count: String(drafts.length) });
  const body = parts.map((part) => part.body).join('\n\n---\n\n');
  const incidents = drafts.flatMap(({ event }) => (event.incident === null || event.planned ? [] : [event.incident]));
  return {
    subject: cut(subject.trim() || knowledge.service.name, MOST_SUBJECT),
    text: frame(body, incidents, recipient, knowledge, texts),
    data: dataOf(drafts, knowledge),
  };
}

/** Body in its letter, with the links that help. */
export function frame(
  body: string,
  incidents: readonly string[],
  recipient: Recipient,
  knowledge: Knowledge,
  texts: Texts,
): string {
  const { service } = knowledge;
  const base = baseValues(service);
  const links = [
    ...incidents
      .slice(0, 5)
      .map((incident) => put(texts.words('links.incident'), { ...base, incidentUrl: incidentUrl(service, incident) })),
    put(texts.words('links.status'), base),
  ].join('\n');
  const named = recipient.person === recipient.address.to ? texts.words('name.nameless') : recipient.person;
  const text = put(texts.frame, { ...base, name: named, body: cut(body, MOST_TEXT), links });
  return `${text.replace(/\n{3,}/g, '\n\n').trim()}\n`;
}

/** Its page in the console; see `console/browser/route.ts`. */
export function incidentUrl(service: Pick<ServiceSpec, 'urls'>, incident: string): string {
  return `${service.urls.console}/console/#/incidents/${encodeURIComponent(incident)}`;
}

interface Part {
  subject: string;
  body: string;
}

function partsOf(draft: Draft, knowledge: Knowledge, texts: Texts): Part[] {
  const parts = ORDER.flatMap((kind) => {
    const states = draft.states.filter((state) => state.kind === kind);
    return states.length === 0 ? [] : [partOf(kind, states, draft, knowledge, texts)];
  });
  const written = draft.states.filter(({ kind, updates }) => kind !== 'update' && updates.length > 0);
  return written.length === 0 ? parts : [...parts, partOf('update', written, draft, knowledge, texts)];
}

function partOf(kind: Happening['kind'], states: SiteState[], draft: Draft, knowledge: Knowledge, texts: Texts): Part {
  const { event, recipient } = draft;
  const many = states.length > 1;
  const values = {
    ...BLANK,
    ...baseValues(knowledge.service),
    ...siteValues(states[0]!, event, knowledge),
    ...wordValues(kind, states, draft, knowledge, texts),
    count: number(states.length, recipient.language),
    sites: listOf(states, knowledge, texts),
    time: timeOf(states, recipient),
    incident: event.incident ?? '',
  };
  const letter = letterOf(kind, states, knowledge);
  const { subject, body } = texts.letter(many ? `${letter}.many` : letter);
  return { subject: put(subject, values), body: put(body, values).replace(/ +\n/g, '\n').trim() };
}

/** What is said is true at the moment: nobody is told that a site is online before it is, or in trouble when that has ended. */
function letterOf(kind: Happening['kind'], states: SiteState[], knowledge: Knowledge): string {
  if (kind === 'moved' && !areOpen(states, knowledge)) return 'moving';
  return hasEnded(kind, states) ? `was-${kind}` : kind;
}

/** Trouble of which people hear only when it is over. */
function hasEnded(kind: Happening['kind'], states: SiteState[]): boolean {
  return (kind === 'in-trouble' || kind === 'exposed') && states.every(({ over }) => over);
}

/** Every one of them is served from where it was moved to. */
function areOpen(states: SiteState[], { placementOf }: Knowledge): boolean {
  return states.every(({ site }) => placementOf(site)?.promotion.open !== false);
}

export const BLANK: Readonly<Record<string, string>> = Object.fromEntries(TEXT_PLACEHOLDERS.map((name) => [name, '']));

export function baseValues({ name, urls, contact }: ServiceSpec): Record<string, string> {
  return {
    service: name,
    console: urls.console,
    status: urls.status,
    support: contact.support,
    sales: contact.sales,
  };
}

function siteValues(
  { site, by }: SiteState,
  event: EventLog,
  { service, specOf, placementOf }: Knowledge,
): Record<string, string> {
  const [spec, placement] = [specOf(site), placementOf(site)];
  const zone = event.subject.split(':')[1] ?? '';
  return {
    site,
    host: spec?.hosts[0] ?? site,
    plan: service.plans.find(({ name }) => name === spec?.plan)?.title ?? spec?.plan ?? '',
    zone,
    live: placement?.live ?? '',
    standby: placement?.standby ?? '',
    from: placement?.promotion.from ?? zone,
    to: placement?.live ?? '',
    ...by.values,
  };
}

function wordValues(
  kind: Happening['kind'],
  states: SiteState[],
  draft: Draft,
  knowledge: Knowledge,
  texts: Texts,
): Record<string, string> {
  const { event, recipient } = draft;
  const [first] = states as [SiteState];
  const values = { ...BLANK, ...baseValues(knowledge.service), ...siteValues(first, event, knowledge) };
  const many = states.length > 1 ? '.many' : '';
  const say = (key: string, more: Record<string, string> = {}) => {
    const word = texts.words(`${key}${many}`) || texts.words(key);
    return put(word, { ...values, ...more });
  };
  const key =
    kind === 'in-trouble' && hasLeft(first, event, knowledge) ? 'cause.again' : causeKey(event.subject, texts);
  const common = { cause: say(key), left: leftOf(kind, states, knowledge, say) };
  switch (kind) {
    case 'update':
      return { ...common, ...updateValues(first, say), text: textsWritten(states) };
    case 'planned':
      return {
        ...common,
        ...plannedValues(first, event, knowledge, say),
      };
    case 'plan':
      return { ...common, stage: say(`stage.${first.by.values.stage ?? 'unprotected'}`) };
    case 'level':
      return { ...common, text: first.by.values.text ?? '' };
    case 'loss':
      return {
        ...common,
        ...lossValues(states, draft, knowledge, say),
        impact: impactWords(states, draft, knowledge, say),
      };
    case 'loss-known':
      return { ...common, lost: lostWords(states, recipient.language, say) };
    case 'in-trouble':
      return {
        ...common,
        refusal: refusalWords(first, say),
        impact: impactWords(states, draft, knowledge, say),
      };
    default:
      return { ...common, impact: impactWords(states, draft, knowledge, say) };
  }
}

/** It lives elsewhere already than where the incident began: this trouble is another one. */
function hasLeft({ site }: SiteState, { subject }: EventLog, { placementOf }: Knowledge): boolean {
  const zone = subject.split(':')[1];
  const live = placementOf(site)?.live;
  return zone !== undefined && live !== undefined && live !== zone;
}

export function causeKey(subject: string, texts: Texts): string {
  const code = subject.split(':')[0] ?? '';
  if (code === '') return 'cause.none';
  return texts.words(`cause.${code}`) === '' ? 'cause.other' : `cause.${code}`;
}

export type Say = (key: string, more?: Record<string, string>) => string;

function leftOf(
  kind: Happening['kind'],
  states: SiteState[],
  { service, specOf, placementOf }: Knowledge,
  say: Say,
): string {
  if (kind === 'level') return say('left.level');
  if (kind === 'plan') return say(`left.plan-${states[0]!.by.values.stage ?? 'unprotected'}`);
  if (kind === 'in-trouble' && states.some(({ over }) => !over)) {
    const refusedBy = (code: string) => states.every(({ by }) => by.values.refusalCode === code);
    if (refusedBy('not-protected-by-plan')) return say('left.alone');
    return say(refusedBy('waits-for-approval') ? 'left.approval' : 'left.in-trouble');
  }
  const wanted = states.filter(({ site }) => {
    const spec = specOf(site);
    return spec === undefined || wantsProtection(spec, service.plans);
  });
  const now = kind === 'protected-again' || hasEnded(kind, states) ? 'now' : 'left';
  if (wanted.length === 0) return say(`${now}.unprotected`);
  const safe = wanted.filter(({ site }) => {
    const placement = placementOf(site);
    return placement !== undefined && isProtected(placement);
  }).length;
  if (safe === wanted.length) return say(`${now}.protected`);
  if (safe === 0) return say(`${now}.exposed`);
  return say(`${now}.mixed`, { safe: String(safe), open: String(wanted.length - safe) });
}

function plannedValues(
  { site, by }: SiteState,
  event: EventLog,
  { placementOf }: Knowledge,
  say: Say,
): Record<string, string> {
  const placement = placementOf(site);
  const move = placement?.moves.at(-1);
  const kind = placement?.order?.kind ?? move?.order?.kind ?? event.subject.split(':')[0] ?? '';
  const stage = { order: 'begun', 'call-off': 'called-off' }[by.values.code ?? ''] ?? 'done';
  const to = stage === 'begun' ? (placement?.order?.to ?? placement?.live ?? '') : (move?.to ?? placement?.live ?? '');
  const occasion = say(`occasion.${kind}`) || say('occasion.move');
  return { stage: say(`stage.${stage}`, { to }), occasion, to };
}

/** What is missing, of all of them together once it is known of each; by whose word, of the first. */
function lossValues(
  states: SiteState[],
  { event: { incident }, recipient: { language } }: Draft,
  { placementOf, impactOf }: Knowledge,
  say: Say,
): Record<string, string> {
  const accepted = placementOf(states[0]!.site)?.promotion.acceptedLoss;
  const each = states.map(({ site }) =>
    incident === null ? null : (impactOf(incident, site)?.transactionsLost ?? null),
  );
  const lost = each.reduce((sum, one) => (sum === null || one === null ? null : sum + one), 0);
  const key = lost === null ? 'lost.unknown' : lost === 0 ? 'known.none' : 'lost.number';
  return {
    by: accepted?.by ?? '',
    text: accepted?.why ?? '',
    lost: say(key, { lost: number(lost ?? 0, language) }),
    done: say(lost === null ? 'lost.kept' : 'lost.listed'),
  };
}

/** Of all of them together. */
function lostWords(states: SiteState[], language: string, say: Say): string {
  const lost = states.reduce((sum, { by }) => sum + Number(by.values.lost ?? 0), 0);
  return lost === 0 ? say('known.none') : say('known.lost', { lost: number(lost, language) });
}

/** What somebody wrote without putting the incident into a state leaves it as it is. */
function updateValues({ updates }: SiteState, say: Say): Record<string, string> {
  const newest = updates.at(-1)?.values;
  const state = updates.findLast(({ values }) => values.state !== undefined)?.values.state;
  return { by: newest?.by ?? '', stage: state === undefined ? '' : say(`stage.${state}`) };
}

/** Why it was not moved, in words for those who do not know the codes. */
function refusalWords({ by }: SiteState, say: Say): string {
  return say(`refusal.${by.values.refusalCode ?? ''}`) || (by.values.refusal ?? '') || say('refusal.none');
}

/** What was written about several sites alike is read once. */
function textsWritten(states: SiteState[]): string {
  const all = states.flatMap(({ updates }) => updates).toSorted((one, other) => one.at - other.at);
  return [...new Set(all.map(({ values }) => values.text ?? ''))].join('\n\n');
}

function listOf(states: SiteState[], { specOf }: Knowledge, texts: Texts): string {
  const lines = states.slice(0, MOST_LISTED).map(({ site }) => `- ${site} (${specOf(site)?.hosts[0] ?? site})`);
  const more = states.length - lines.length;
  return [...lines, ...(more > 0 ? [put(texts.words('sites.more'), { more: String(more) })] : [])].join('\n');
}

function timeOf(states: SiteState[], recipient: Recipient): string {
  return localTime(Math.min(...states.map(({ by }) => by.at)), recipient);
}

/** `23 November 2026, 00:10 (Europe/Berlin)`, on the reader's clock. */
export function localTime(at: number, { timeZone, language }: Pick<Recipient, 'timeZone' | 'language'>): string {
  const local = DateTime.fromMillis(at, { zone: timeZone, locale: language }).toFormat('d LLLL yyyy, HH:mm');
  return timeZone === 'UTC' ? `${local} UTC` : `${local} (${timeZone})`;
}

export function number(value: number, language: string): string {
  const format = formats.get(language) ?? new Intl.NumberFormat(language);
  formats.set(language, format);
  return format.format(value);
}

/** Making one takes as long as composing the rest of a notice. */
const formats = new Map<string, Intl.NumberFormat>();

/** What programs are told: the same, in fields. */
function dataOf(drafts: readonly Draft[], knowledge: Knowledge): Record<string, unknown> {
  const events = drafts.map(({ event, states, severity, over }) => ({
    event: event.event,
    incident: event.incident,
    subject: event.subject,
    severity,
    over,
    sitesTotal: states.length,
    sites: states.slice(0, MOST_IN_DATA).map((state) => siteData(state, event, knowledge)),
    url: event.incident === null ? null : incidentUrl(knowledge.service, event.incident),
  }));
  return { events };
}

function siteData(
  { site, kind, by, over, updates }: SiteState,
  { incident }: EventLog,
  { specOf, placementOf, impactOf }: Knowledge,
) {
  const placement = placementOf(site);
  return {
    site,
    host: specOf(site)?.hosts[0] ?? null,
    kind,
    at: new Date(by.at).toISOString(),
    over,
    live: placement?.live ?? null,
    standby: placement?.standby ?? null,
    protected: placement === undefined ? null : isProtected(placement),
    refusal: by.values.refusalCode ?? null,
    updates: updates.slice(-5).map(({ at, values: { by: who, text, state } }) => ({
      at: new Date(at).toISOString(),
      by: who,
      state: state ?? null,
      text,
    })),
    impact: incident === null ? null : impactOf(incident, site),
  };
}
