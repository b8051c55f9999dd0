/** The notices of being on call: asked, taken by somebody, over. Pure. */
import type { Address, Notice, Severity, SiteId, Told, WallMs } from '../model/index.ts';
import type { NewNotice } from '../store/store.ts';
import { BLANK, baseValues, causeKey, frame, incidentUrl, type Knowledge, localTime, MOST_SUBJECT } from './compose.ts';
import { cut } from './cut.ts';
import type { IncidentLog } from './happenings.ts';
import { isOver } from './happenings.ts';
import { nextAsk } from './on-call.ts';
import { type Recipient, recipientsOf, shortHash } from './recipients.ts';
import { isAtLeast, type SiteState, stateOf, worst } from './state.ts';
import { put } from './texts.ts';

/** Trouble that is answered by itself within moments wakes nobody. */
const HOLDS_MS = 5_000;
const PAGERDUTY = 'PagerDuty';
const MOST_SITES = 20;

export interface OnCallSituation {
  log: IncidentLog;
  /** Of the event `askingEvent(incident)`. */
  told: readonly Told[];
  now: WallMs;
  knowledge: Knowledge;
  /** A link by which this person takes the incident. */
  linkFor(person: string): string;
}

export const askingEvent = (incident: string): string => `on-call~${incident}`;

/** What has to be put into the outbox for this incident now; usually nothing. */
export function askingNotices(situation: OnCallSituation): NewNotice[] {
  const { log, told, knowledge } = situation;
  const asked = told.filter(({ to }) => to === 'asked~0').map((one) => ({ person: one.person ?? '', at: one.at }));
  if (isOver(log)) return asked.length === 0 ? [] : tell('over', everyoneAsked(asked), situation);
  if (log.acknowledged !== null) {
    const others = everyoneAsked(asked).filter((person) => person !== log.acknowledged?.by);
    return tell('taken', others, situation);
  }
  if (!isBadEnough(situation)) return [];
  const { onCall, people, channels } = knowledge.service;
  if (onCall.shifts.length === 0)
    return channels.pagerduty !== null && asked.length === 0 ? ask(PAGERDUTY, 1, situation) : [];
  const next = nextAsk(onCall, people, asked, situation.now);
  return next.next === 'ask' ? ask(next.person, next.step, situation) : [];
}

/** Whether the list has been gone through without anybody taking it. */
export function isExhausted({ log, told, now, knowledge }: OnCallSituation): boolean {
  if (isOver(log) || log.acknowledged !== null) return false;
  const asked = told.filter(({ to }) => to === 'asked~0').map((one) => ({ person: one.person ?? '', at: one.at }));
  const { onCall, people } = knowledge.service;
  return asked.length > 0 && nextAsk(onCall, people, asked, now).next === 'exhausted';
}

function everyoneAsked(asked: { person: string }[]): string[] {
  return [...new Set(asked.map(({ person }) => person))];
}

function isBadEnough({ log, now, knowledge }: OnCallSituation): boolean {
  const since = now - HOLDS_MS;
  const { since: described, onCall } = knowledge.service;
  const states = currentStates(log).filter(({ over, by }) => !over && by.at <= since && by.at >= described);
  return states.length > 0 && isAtLeast(worst(states.map(({ severity }) => severity)), onCall.atLeast);
}

/** Each site of the incident, as it stands. */
function currentStates({ happenings, sites }: IncidentLog): SiteState[] {
  const bySite = new Map<SiteId, typeof happenings>();
  for (const happening of happenings) {
    for (const site of happening.site === null ? sites : [happening.site]) {
      const all = bySite.get(site);
      if (all === undefined) bySite.set(site, [happening]);
      else all.push(happening);
    }
  }
  return [...bySite].map(([site, all]) => stateOf(site, all)).filter((state) => state !== null);
}

function ask(person: string, step: number, situation: OnCallSituation): NewNotice[] {
  return addressesOf(person, situation).map((recipient, index) =>
    toNotice(
      'asked',
      recipient,
      { event: askingEvent(situation.log.incident), to: `asked~${index}`, sequence: step },
      situation,
    ),
  );
}

function tell(stage: 'taken' | 'over', people: string[], situation: OnCallSituation): NewNotice[] {
  const { log, told } = situation;
  // Somebody else may take it over later; each time those who were asked are told.
  const sequence = stage === 'over' ? 1 : (log.acknowledged?.times ?? 1);
  return people.flatMap((person) =>
    addressesOf(person, situation).flatMap((recipient) => {
      const to = `${stage}~${recipient.key}`;
      if (told.some((one) => one.to === to && one.sequence >= sequence)) return [];
      return [toNotice(stage, recipient, { event: askingEvent(log.incident), to, sequence }, situation)];
    }),
  );
}

/** All that take this severity; somebody who is on call and wants none of it gets it everywhere. */
function addressesOf(person: string, { knowledge: { service } }: OnCallSituation): Recipient[] {
  if (person === PAGERDUTY) return service.channels.pagerduty === null ? [] : [pagerDuty(service.channels.pagerduty)];
  const found = service.people.find(({ name }) => name === person);
  if (found === undefined) return [];
  const all = recipientsOf(found);
  const fitting = all.filter(({ address }) => isAtLeast(service.onCall.atLeast, address.atLeast));
  return fitting.length > 0 ? fitting : all;
}

function pagerDuty({ routingKeyFile }: { routingKeyFile: string }): Recipient {
  const address: Address = { channel: 'pagerduty', to: routingKeyFile, atLeast: 'info' };
  return { key: shortHash(PAGERDUTY), person: PAGERDUTY, timeZone: 'UTC', language: 'en', quiet: [], address };
}

type Stage = 'asked' | 'taken' | 'over';
const SEVERITY_OF: Record<Stage, Severity | null> = { asked: null, taken: 'info', over: 'info' };

function toNotice(
  stage: Stage,
  recipient: Recipient,
  slot: Pick<Told, 'event' | 'to' | 'sequence'>,
  situation: OnCallSituation,
): NewNotice {
  const { log, now, knowledge } = situation;
  const id = shortHash(`${slot.event} ${slot.to} ${slot.sequence}`);
  const states = currentStates(log);
  const severity = SEVERITY_OF[stage] ?? worst(states.map((state) => state.severity));
  const notice: Notice = {
    id,
    kind: 'on-call',
    severity,
    person: recipient.person,
    address: recipient.address,
    incident: log.incident,
    sites: [...log.sites].toSorted().slice(0, 100),
    createdAt: now,
    dueAt: now,
    attempts: 0,
    lastTrouble: null,
    state: 'waiting',
    sentAt: null,
    ...words(stage, recipient, slot.sequence, states, situation),
    data: {
      events: [
        {
          event: log.incident,
          incident: log.incident,
          subject: log.subject,
          severity,
          over: stage === 'over',
          acknowledgedBy: log.acknowledged?.by ?? null,
          sitesTotal: log.sites.size,
          url: incidentUrl(knowledge.service, log.incident),
        },
      ],
      stage,
    },
  };
  const told: Told = { ...slot, at: now, upTo: 0, notice: id, severity, person: recipient.person };
  return { notice, told: [told] };
}

function words(
  stage: Stage,
  recipient: Recipient,
  step: number,
  states: SiteState[],
  { log, knowledge, linkFor }: OnCallSituation,
): Pick<Notice, 'subject' | 'text'> {
  const { service, textsOf } = knowledge;
  const texts = textsOf(recipient.language);
  const zone = log.subject.split(':')[1] ?? '';
  const waitMs = service.onCall.escalateAfterMs;
  const within =
    waitMs % 60_000 === 0 ? ['within.minutes', waitMs / 60_000] : ['within.seconds', Math.round(waitMs / 1_000)];
  const values: Record<string, string> = {
    ...BLANK,
    ...baseValues(service),
    zone,
    step: String(step),
    by: log.acknowledged?.by ?? '',
    incident: log.incident,
    incidentUrl: incidentUrl(service, log.incident),
    link: linkFor(recipient.person),
    within: put(texts.words(String(within[0])), { number: String(within[1]) }),
    count: String(log.sites.size),
    sites: sitesOf(log),
    time: localTime(log.happenings[0]?.at ?? 0, recipient),
    refusal: states.find(({ over, by }) => !over && by.values.refusal !== undefined)?.by.values.refusal ?? '',
  };
  values.cause = put(texts.words(causeKey(log.subject, texts)), values);
  values.stage = put(texts.words(`stage.${stage}`), values);
  values.subject = values.cause || log.subject;
  values.ask = put(texts.words(`ask.${stage}`), values);
  const { subject, body } = texts.letter('on-call');
  return {
    subject: cut(put(subject, values), MOST_SUBJECT),
    text: frame(put(body, values), [], recipient, knowledge, texts),
  };
}

function sitesOf({ sites }: IncidentLog): string {
  const all = [...sites].toSorted();
  const more = all.length - MOST_SITES;
  return `${all.slice(0, MOST_SITES).join(', ')}${more > 0 ? ` +${more}` : ''}`;
}
